// All connections of one engine by id, and their deadlines. An id is an index and a generation, so that an
// answer or an event that comes late never meets the connection that took over the place.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/connection.h"

namespace pronghorn {

class ConnectionTable {
 public:
  static constexpr uint32_t kIndexBits = 20;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kGenerations = 1u << (31 - kIndexBits);
  static constexpr int64_t kNever = INT64_MAX;

  Connection* Add(Fd fd) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(connections_.size());
      connections_.emplace_back();
      generations_.push_back(0);
      deadlines_.push_back(kNever);
    } else {
      index = free_.back();
      free_.pop_back();
    }
    auto connection = std::make_unique<Connection>();
    connection->fd = std::move(fd);
    connection->index = index;
    connection->id = static_cast<int32_t>(index | (generations_[index] << kIndexBits));
    connections_[index] = std::move(connection);
    ++size_;
    return connections_[index].get();
  }

  // Also one that has ended in this turn.
  Connection* FindEnded(int32_t id) const {
    const uint32_t index = static_cast<uint32_t>(id) & kIndexMask;
    Connection* connection = index < connections_.size() ? connections_[index].get() : nullptr;
    return connection != nullptr && connection->id == id ? connection : nullptr;
  }

  Connection* Find(int32_t id) const {
    Connection* connection = FindEnded(id);
    return connection != nullptr && !connection->closed ? connection : nullptr;
  }

  // The connection's memory stays until Sweep(), because callers up the stack may still hold it.
  void Remove(Connection* connection) {
    deadlines_[connection->index] = kNever;
    doomed_.push_back(connection->index);
    --size_;
  }

  void Sweep() {
    for (const uint32_t index : doomed_) {
      generations_[index] = (generations_[index] + 1) % kGenerations;
      connections_[index].reset();
      free_.push_back(index);
    }
    doomed_.clear();
  }

  void SetDeadline(const Connection* connection, int64_t ms) { deadlines_[connection->index] = ms; }
  int64_t Deadline(const Connection* connection) const { return deadlines_[connection->index]; }

  template <typename Action>
  void ForEachExpired(int64_t now_ms, Action action) {
    for (size_t i = 0; i < deadlines_.size(); ++i) {
      if (deadlines_[i] <= now_ms && connections_[i] && !connections_[i]->closed) {
        action(connections_[i].get());
      }
    }
  }

  template <typename Action>
  void ForEach(Action action) {
    for (size_t i = 0; i < connections_.size(); ++i) {
      if (connections_[i] && !connections_[i]->closed) action(connections_[i].get());
    }
  }

  size_t size() const { return size_; }

 private:
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<uint32_t> generations_;
  std::vector<int64_t> deadlines_;  // apart, so that looking for expired ones reads only this
  std::vector<uint32_t> free_;
  std::vector<uint32_t> doomed_;
  size_t size_ = 0;
};

}  // namespace pronghorn
