// A whole engine on an event loop of its own, with clients on unix sockets and an application that does
// whatever the fuzzer decides. Checks what the engine tells the application, and that nothing is left of a
// run.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "decisions.h"
#include "engine/engine.h"

namespace pronghorn::fuzz {
namespace {

constexpr int kClients = 2;
constexpr size_t kLargeBody = 400'000;

// What the application knows of one request.
struct Known {
  int flags = 0;
  bool is_streaming = false;
  bool is_answered = false;
  bool is_observed = false;
  bool is_raw = false;
  bool has_body = false;  // more of it may come
  bool is_over = false;   // finish or gone was told
};

class Application final : public EngineClient {
 public:
  Application(Decisions* decisions, uv_loop_t* loop, const Limits& limits,
              std::shared_ptr<Scoreboard> scoreboard)
      : decisions_(*decisions), engine_(new Engine(loop, limits, 5000, AccessFormat::kJson, std::move(scoreboard), 0, this)) {}

  Engine* engine() { return engine_; }
  bool is_closed() const { return engine_ == nullptr; }

  void OnBatch() override {
    const Memory& memory = engine_->memory();
    const int count = memory.control[kControl_requestCount];
    CHECK(count > 0 && count <= Memory::kRequests);
    for (int i = 0; i < count; ++i) Hear(memory.Request(i));
  }
  void OnDrained() override {}
  void OnClosed() override { engine_ = nullptr; }

  // Something with a request that was heard of before, at any time.
  void ActOnAny() {
    if (requests_.empty()) return;
    auto found = requests_.begin();
    std::advance(found, decisions_.Pick(255) % requests_.size());
    Act(found->first, &found->second);
  }

  // Nobody waits for an answer of ours any more.
  void AnswerAll() {
    for (auto& [key, known] : requests_) {
      if (known.is_raw) engine_->Drop(NameOf(key));
      if (known.is_streaming) engine_->responder().End(NameOf(key), "");
      if (!known.is_answered) Answer(key, &known, 200, "done");
      known.is_streaming = false;
    }
  }

  void CheckEnd() {
    for (const auto& [key, known] : requests_) CHECK(!known.is_observed || known.is_over);
  }

 private:
  using Key = std::pair<int32_t, uint32_t>;

  static Responder::Name NameOf(const Key& key) { return {key.first, key.second}; }

  void Hear(const int32_t* field) {
    const Key key = {field[kRequest_connection], static_cast<uint32_t>(field[kRequest_sequence])};
    const int kind = field[kRequest_kind];
    if (kind == kEntry_request) {
      CHECK(!requests_.contains(key));
      CheckRequest(field);
      Known& known = requests_[key];
      known.flags = field[kRequest_flags];
      known.has_body = (known.flags & kRequestFlag_bodyFollows) != 0;
      Act(key, &known);
      return;
    }
    const auto found = requests_.find(key);
    CHECK(found != requests_.end());
    Known& known = found->second;
    switch (kind) {
      case kEntry_bodyData:
        CHECK(known.has_body || known.is_raw);
        CheckBytes(field[kRequest_bodyOffset], field[kRequest_bodyLength]);
        CheckBytes(field[kRequest_trailerOffset], field[kRequest_trailerLength]);
        CHECK(field[kRequest_bodyLength] > 0 || field[kRequest_trailerLength] > 0);
        if (decisions_.Pick(3) > 0) {
          engine_->TakeBody(NameOf(key), static_cast<uint64_t>(field[kRequest_bodyLength]));
        }
        break;
      case kEntry_bodyEnd:
        CHECK(known.has_body || known.is_raw);
        known.has_body = false;
        break;
      case kEntry_gone:
      case kEntry_finish:
        if (kind == kEntry_gone) known.has_body = known.is_raw = known.is_streaming = false;
        known.is_over = true;
        break;
      default:
        CHECK(kind == kEntry_drain || kind == kEntry_peerEnded);
    }
    if (decisions_.Pick(1) == 1) Act(key, &known);
  }

  void CheckBytes(int32_t offset, int32_t length) const {
    CHECK(offset >= 0 && length >= 0);
    CHECK(static_cast<size_t>(offset) + static_cast<size_t>(length) <= Memory::kInputBytes);
  }

  void CheckRequest(const int32_t* field) const {
    CheckBytes(field[kRequest_headOffset], field[kRequest_headLength]);
    CheckBytes(field[kRequest_urlOffset], field[kRequest_urlLength]);
    CheckBytes(field[kRequest_bodyOffset], field[kRequest_bodyLength]);
    CheckBytes(field[kRequest_trailerOffset], field[kRequest_trailerLength]);
    CHECK(field[kRequest_urlLength] > 0);
    CHECK(field[kRequest_method] >= 0 && field[kRequest_headerCount] >= 0);
    const int32_t* header =
        engine_->memory().headers.data() + field[kRequest_headersStart] * kHeaderFieldCount;
    for (int i = 0; i < field[kRequest_headerCount]; ++i, header += kHeaderFieldCount) {
      CHECK(header[kHeader_nameOffset] + header[kHeader_nameLength] <= field[kRequest_headLength]);
      CHECK(header[kHeader_valueLength] == 0 ||
            header[kHeader_valueOffset] + header[kHeader_valueLength] <= field[kRequest_headLength]);
    }
  }

  void Answer(const Key& key, Known* known, int status, std::string_view body) {
    known->is_answered = true;
    const Memory& memory = engine_->memory();
    const int32_t at = memory.control[kControl_responseCount];
    const int32_t used = memory.control[kControl_outputUsed];
    const bool has_room =
        at < Memory::kResponses && static_cast<size_t>(used) + body.size() < Memory::kOutputBytes;
    if (!has_room) {
      engine_->responder().AnswerLarge(NameOf(key), {status, 0, "", body});
      return;
    }
    std::memcpy(memory.output.data() + used, body.data(), body.size());
    int32_t* field = memory.Response(at);
    field[kResponse_connection] = key.first;
    field[kResponse_sequence] = static_cast<int32_t>(key.second);
    field[kResponse_status] = status;
    field[kResponse_headerBlock] = -1;
    field[kResponse_offset] = used;
    field[kResponse_headerLength] = 0;
    field[kResponse_bodyLength] = static_cast<int32_t>(body.size());
    field[kResponse_flags] = decisions_.Pick(7) == 7 ? kResponseFlag_close : 0;
    memory.control[kControl_responseCount] = at + 1;
    memory.control[kControl_outputUsed] = used + static_cast<int32_t>(body.size());
  }

  // The calls that src/http makes, in any order; those for what is over must do nothing.
  void Act(const Key& key, Known* known) {
    static const std::string large(kLargeBody, 'x');
    Responder& responder = engine_->responder();
    const Responder::Name name = NameOf(key);
    const unsigned action = decisions_.Pick(15);
    switch (action) {
      case 0:
      case 1:
      case 2:
        if (!known->is_answered) Answer(key, known, action == 2 ? 304 : 200, "answer");
        break;
      case 3:
        known->is_answered = true;
        responder.AnswerLarge(name, {200, 0, "X: y\r\n", large});
        break;
      case 4:
        if (known->is_answered) break;
        known->is_answered = known->is_streaming = true;
        responder.Begin(name, {decisions_.Pick(7) == 0 ? 204 : 200, kResponseFlag_stream, "", {}});
        break;
      case 5:
        responder.Write(name, decisions_.Pick(3) == 0 ? std::string_view(large) : "piece");
        break;
      case 6:
        responder.End(name, decisions_.Pick(1) == 0 ? "" : "X: y\r\n");
        known->is_streaming = false;
        break;
      case 7:
        responder.Inform(name, "HTTP/1.1 103 Early Hints\r\n\r\n");
        break;
      case 8:
        responder.Continue(name);
        break;
      case 9:
        engine_->TakeBody(name, 1 + decisions_.Pick(255) * 100);
        break;
      case 10:
        engine_->DiscardBody(name);
        break;
      case 11:
        if (engine_->Observe(name)) known->is_observed = true;
        break;
      case 12:
        if (known->is_answered || !engine_->Upgrade(name)) break;
        known->is_answered = known->is_raw = true;
        engine_->WriteRaw(name, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
        break;
      case 13:
        engine_->WriteRaw(name, decisions_.Pick(3) == 0 ? std::string_view(large) : "raw");
        if (decisions_.Pick(3) == 0) engine_->EndRaw(name);
        break;
      case 14:
        engine_->TakeRetained(key.first, key.second);
        break;
      default:
        if (decisions_.Pick(3) == 0) engine_->Drop(name);
    }
  }

  Decisions& decisions_;
  Engine* engine_;
  std::map<Key, Known> requests_;
};

// A listening socket that nobody else finds: the kernel picks a name in the abstract name space.
struct Place {
  Place() : fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    address.sun_family = AF_UNIX;
    CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) == 0);
    length = sizeof address;
    CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    CHECK(listen(fd, 16) == 0);
  }
  ~Place() { close(fd); }
  int Connect() const {
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(connect(client, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    return client;
  }

  int fd;
  sockaddr_un address{};
  socklen_t length;
};

void Read(int client) {
  char bytes[65536];
  while (recv(client, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
  }
}

void Turn(uv_loop_t* loop, int turns) {
  for (int i = 0; i < turns; ++i) uv_run(loop, UV_RUN_NOWAIT);
}

Limits SmallLimits() {
  Limits limits;
  limits.header_bytes = 512;
  limits.headers = 8;
  limits.body_bytes = 100'000;
  limits.pipeline = 4;
  limits.keep_alive_requests = 20;
  return limits;
}

// One thing that a client does.
void Step(Decisions* decisions, int* client) {
  switch (decisions->Pick(15)) {
    case 0:
      if (*client >= 0) shutdown(*client, SHUT_WR);
      break;
    case 1:
      if (*client >= 0) close(*client);
      *client = -1;
      break;
    case 2:
    case 3:
      if (*client >= 0) Read(*client);
      break;
    default: {
      const std::string_view bytes = decisions->Take(1 + decisions->Pick(255));
      if (*client >= 0) static_cast<void>(!send(*client, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
  }
}

}  // namespace

void FuzzEngine(const uint8_t* data, size_t size) {
  static uv_loop_t* loop = [] {
    auto* made = new uv_loop_t;
    CHECK(uv_loop_init(made) == 0);
    CHECK(uv_loop_configure(made, UV_METRICS_IDLE_TIME) == 0);
    return made;
  }();
  static const Place place;
  static const auto scoreboard = [] {
    auto made = std::make_shared<Scoreboard>();
    CHECK(Scoreboard::Create(1, made.get()) == 0);
    return made;
  }();
  Decisions decisions(data, size);
  Application application(&decisions, loop, SmallLimits(), scoreboard);
  CHECK(application.engine()->Listen(place.fd, {}) == 0);
  int clients[kClients];
  for (int& client : clients) client = place.Connect();
  while (!decisions.is_over()) {
    Step(&decisions, &clients[decisions.Pick(kClients - 1)]);
    Turn(loop, static_cast<int>(decisions.Pick(2)));
    if (decisions.Pick(3) == 0) application.ActOnAny();
  }
  for (const int client : clients) {
    if (client >= 0) close(client);
  }
  Turn(loop, 3);
  application.AnswerAll();
  Turn(loop, 5);
  const Slot* slot = scoreboard->slot(0);
  if (slot->Get(kSlot_connections) == 0) {
    CHECK(slot->Get(kSlot_inFlight) == 0);
    application.CheckEnd();
  }
  application.engine()->Close();
  while (!application.is_closed()) uv_run(loop, UV_RUN_NOWAIT);
}

}  // namespace pronghorn::fuzz
