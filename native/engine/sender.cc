// From bytes to sockets, and the end of connections: see sender.h. Runs on a worker's event loop; never
// blocks.
#include "engine/sender.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

#include "engine/transport.h"

namespace pronghorn {
namespace {

// How long a rejected client may go on sending before the connection is cut (nginx: lingering_timeout).
constexpr int64_t kLingerMs = 5'000;
constexpr int kVectors = 64;
// Bytes of a file that one connection may send in one turn of the event loop.
constexpr size_t kFileShare = 1024 * 1024;

}  // namespace

char* Sender::Reserve(size_t bytes) {
  CHECK(bytes <= kScratchBytes);
  if (scratch_used_ + bytes > kScratchBytes) Flush();
  return scratch_.data() + scratch_used_;
}

void Sender::AppendReserved(Connection* connection, size_t bytes) {
  AddSegment(connection, scratch_.data() + scratch_used_, bytes);
  scratch_used_ += bytes;
}

void Sender::Append(Connection* connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t part = bytes.size() < kScratchBytes ? bytes.size() : kScratchBytes;
    std::memcpy(Reserve(part), bytes.data(), part);
    AppendReserved(connection, part);
    bytes.remove_prefix(part);
  }
}

void Sender::AppendBorrowed(Connection* connection, const char* data, size_t length) {
  if (length > 0) AddSegment(connection, data, length);
}

void Sender::MarkDirty(Connection* connection) {
  if (connection->dirty) return;
  connection->dirty = true;
  connection->first_segment = connection->last_segment = -1;
  dirty_.push_back(connection);
}

void Sender::AddSegment(Connection* connection, const char* data, size_t length) {
  if (connection->closed) return;
  MarkDirty(connection);
  connection->collected += length;
  if (connection->last_segment >= 0) {
    Segment& last = segments_[static_cast<size_t>(connection->last_segment)];
    if (last.data + last.length == data) {
      last.length += length;
      return;
    }
    last.next = static_cast<int>(segments_.size());
  } else {
    connection->first_segment = static_cast<int>(segments_.size());
  }
  connection->last_segment = static_cast<int>(segments_.size());
  segments_.push_back({data, length, -1});
}

void Sender::Count(Connection* connection, ssize_t sent) {
  state_.counters.bytes_out += sent;
  connection->bytes_out += static_cast<uint64_t>(sent);
}

void Sender::Flush() {
  for (Connection* connection : dirty_) {
    connection->dirty = false;
    if (connection->closed) continue;
    if (connection->first_segment >= 0) SendCollected(connection);
    if (!connection->closed && connection->file) SendFilePart(connection);
    if (!connection->closed) AfterSend(connection);
  }
  dirty_.clear();
  segments_.clear();
  scratch_used_ = 0;
}

void Sender::SendCollected(Connection* connection) {
  int segment = connection->first_segment;
  connection->first_segment = connection->last_segment = -1;
  connection->collected = 0;
  if (connection->unsent_from < connection->unsent.size()) return Keep(connection, segment, 0);
  while (segment >= 0) {
    iovec vectors[kVectors];
    int count = 0;
    size_t length = 0;
    int next = segment;
    for (; next >= 0 && count < kVectors; next = segments_[static_cast<size_t>(next)].next) {
      const Segment& item = segments_[static_cast<size_t>(next)];
      vectors[count++] = {const_cast<char*>(item.data), item.length};
      length += item.length;
    }
    const bool is_end = next < 0 && connection->close_after_send && !connection->file && !connection->is_raw;
    const ssize_t sent = WriteTo(connection, vectors, static_cast<size_t>(count), is_end ? MSG_MORE : 0);
    if (sent == -EAGAIN) return Keep(connection, segment, 0);
    if (sent < 0) return Close(connection);
    Count(connection, sent);
    if (static_cast<size_t>(sent) < length) return Keep(connection, segment, static_cast<size_t>(sent));
    segment = next;
  }
}

// Copies what the socket did not take, from `segment` on and `skip` bytes into it.
void Sender::Keep(Connection* connection, int segment, size_t skip) {
  for (; segment >= 0; segment = segments_[static_cast<size_t>(segment)].next) {
    const Segment& item = segments_[static_cast<size_t>(segment)];
    if (skip >= item.length) {
      skip -= item.length;
      continue;
    }
    connection->unsent.append(item.data + skip, item.length - skip);
    skip = 0;
  }
}

void Sender::AppendFile(Connection* connection, std::unique_ptr<OutgoingFile> file) {
  connection->file = std::move(file);
  MarkDirty(connection);
}

// As much as the socket takes, but no more than its share of a turn.
void Sender::SendFilePart(Connection* connection) {
  OutgoingFile& file = *connection->file;
  if (connection->unsent_from < connection->unsent.size()) return;
  size_t share = kFileShare;
  while (file.missing > 0 && share > 0) {
    const size_t length = file.missing < share ? static_cast<size_t>(file.missing) : share;
    const ssize_t sent = SendFileTo(connection, file.fd.get(), &file.offset, length);
    if (sent == -EAGAIN) return;
    // A file that has become shorter: the client must not take what it got for the whole.
    if (sent <= 0) return Close(connection);
    Count(connection, sent);
    file.missing -= static_cast<uint64_t>(sent);
    share -= static_cast<size_t>(sent);
  }
  if (file.missing > 0) return;
  state_.Notify(connection, file.sequence, kEntry_drain);
  connection->file.reset();
}

void Sender::OnWritable(Connection* connection) {
  while (connection->unsent_from < connection->unsent.size()) {
    const iovec rest = {connection->unsent.data() + connection->unsent_from,
                        connection->unsent.size() - connection->unsent_from};
    const ssize_t sent = WriteTo(connection, &rest, 1);
    if (sent == -EAGAIN) break;
    if (sent < 0) return Close(connection);
    Count(connection, sent);
    connection->unsent_from += static_cast<size_t>(sent);
  }
  if (connection->file) SendFilePart(connection);
  if (!connection->closed) AfterSend(connection);
}

void Sender::AfterSend(Connection* connection) {
  const bool is_unsent = connection->HasUnsent();
  if (!is_unsent) {
    OnAllSent(connection);
    if (connection->closed || connection->lingering) return;
  }
  if (state_.MustPause(connection)) {
    connection->paused = true;
  } else {
    state_.MayResume(connection);
  }
  const bool reads = !connection->paused && !connection->peer_done;
  state_.Watch(connection, (reads ? uint32_t{EPOLLIN} : 0u) | (is_unsent ? uint32_t{EPOLLOUT} : 0u));
  state_.UpdateTimer(connection);
}

void Sender::OnAllSent(Connection* connection) {
  if (!connection->unsent.empty()) {
    std::string().swap(connection->unsent);
    connection->unsent_from = 0;
  }
  for (const uint32_t sequence : connection->finishing) {
    state_.Notify(connection, sequence, kEntry_finish);
  }
  connection->finishing.clear();
  TellOfCutBody(connection);
  if (connection->is_raw) {
    if (connection->wants_raw_drain) state_.Notify(connection, connection->raw_sequence, kEntry_drain);
    connection->wants_raw_drain = false;
    if (connection->raw_ended && connection->peer_done) return Close(connection);
    if (connection->raw_ended) {
      SayEnd(connection);
      shutdown(connection->fd.get(), SHUT_WR);
    }
    return;
  }
  if (connection->Pending() > 0) {
    Exchange& front = connection->exchanges[connection->front];
    if (front.wants_drain) state_.Notify(connection, front.sequence, kEntry_drain);
    front.wants_drain = false;
  }
  if (connection->close_after_send) return connection->rejected ? Linger(connection) : End(connection);
  if (connection->peer_done && connection->Pending() == 0) Close(connection);
}

// The last bytes have been held back, so that they and the end of the stream are one packet: without, the
// kernel's part of a request on a connection of its own is larger. Closing alone would lose them where the
// client has sent something more.
void Sender::End(Connection* connection) {
  if (!connection->tls) shutdown(connection->fd.get(), SHUT_WR);
  Close(connection);
}

void Sender::CloseAfterSend(Connection* connection) {
  if (connection->closed) return;
  connection->close_after_send = true;
  connection->reading_done = true;
  MarkDirty(connection);
}

int64_t Sender::WriteRaw(Connection* connection, std::string_view bytes) {
  Append(connection, bytes);
  const size_t waiting = connection->Unsent();
  if (waiting <= kDrainAbove) return 0;
  connection->wants_raw_drain = true;
  return static_cast<int64_t>(waiting);
}

void Sender::EndRaw(Connection* connection) {
  connection->raw_ended = true;
  MarkDirty(connection);
}

// Closing with unread bytes makes the kernel send a reset, which can overtake the answer (RFC 9112
// section 9.6).
void Sender::Linger(Connection* connection) {
  if (connection->lingering) return;
  SayEnd(connection);
  shutdown(connection->fd.get(), SHUT_WR);
  connection->lingering = true;
  connection->paused = false;
  std::string().swap(connection->partial);
  state_.Watch(connection, EPOLLIN);
  state_.SetTimer(connection, Connection::Waiting::kLinger, kLingerMs);
}

void Sender::TellOfCutBody(Connection* connection) {
  if (connection->cut_body) state_.Notify(connection, *connection->cut_body, kEntry_gone);
  connection->cut_body.reset();
}

void Sender::Close(Connection* connection) {
  if (connection->closed) return;
  connection->closed = true;
  for (size_t i = connection->front; i < connection->exchanges.size(); ++i) {
    state_.Forget(connection, connection->exchanges[i]);
  }
  for (const uint32_t sequence : connection->finishing) state_.Notify(connection, sequence, kEntry_gone);
  if (connection->body) state_.Notify(connection, connection->body->sequence, kEntry_gone);
  TellOfCutBody(connection);
  if (connection->is_watched) {
    state_.notices.push_back({connection->id, 0, kEntry_closed, 0, connection->bytes_in,
                              connection->BytesWritten()});
  }
  SayEnd(connection);
  connection->fd.Reset();
  state_.connections.Remove(connection);
}

}  // namespace pronghorn
