// Accounts of the system, and becoming one of them for good. Results are 0 or more, or a negative errno.
#pragma once

#include <sys/types.h>

#include <string>

namespace pronghorn {

struct User {
  uid_t uid;
  gid_t gid;
  std::string name;
  std::string home;
};

// -ENOENT if there is no such account.
int FindUser(const std::string& name, User* user);
int FindUser(uid_t uid, User* user);
int64_t GroupId(const std::string& name);

// Real, effective and saved ids of every thread, with the groups of the account `name`, or none but
// `gid` if it is empty. Fails with -EPERM if the old ids could be had back. A process that gets an
// error is neither the one nor the other, and must end.
int DropPrivileges(uid_t uid, gid_t gid, const std::string& name);

}  // namespace pronghorn
