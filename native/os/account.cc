// Accounts and privileges: see account.h. Looked up in the manager, dropped in hosts before any code of
// the application runs.
#include "os/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace pronghorn {
namespace {

constexpr size_t kSpaceMax = 1024 * 1024;

// The families of functions for accounts differ in nothing but their names and what they look for.
template <typename Entry, typename Find, typename Use>
int64_t FindAccount(Find find, Use use) {
  std::vector<char> space(1024);
  for (;;) {
    Entry entry;
    Entry* found = nullptr;
    const int error = find(&entry, space.data(), space.size(), &found);
    if (error == ERANGE && space.size() < kSpaceMax) {
      space.resize(space.size() * 2);
      continue;
    }
    if (error != 0) return -error;
    return found == nullptr ? -ENOENT : use(*found);
  }
}

int64_t Copy(const passwd& entry, User* user) {
  *user = User{entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir};
  return 0;
}

bool HasIds(uid_t uid, gid_t gid) {
  uid_t uids[3];
  gid_t gids[3];
  if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 || getresgid(&gids[0], &gids[1], &gids[2]) < 0) return false;
  for (int i = 0; i < 3; i++) {
    if (uids[i] != uid || gids[i] != gid) return false;
  }
  return true;
}

}  // namespace

int FindUser(const std::string& name, User* user) {
  return static_cast<int>(FindAccount<passwd>(
      [&](passwd* entry, char* space, size_t size, passwd** found) {
        return getpwnam_r(name.c_str(), entry, space, size, found);
      },
      [&](const passwd& entry) { return Copy(entry, user); }));
}

int FindUser(uid_t uid, User* user) {
  return static_cast<int>(FindAccount<passwd>(
      [&](passwd* entry, char* space, size_t size, passwd** found) {
        return getpwuid_r(uid, entry, space, size, found);
      },
      [&](const passwd& entry) { return Copy(entry, user); }));
}

int64_t GroupId(const std::string& name) {
  return FindAccount<group>(
      [&](group* entry, char* space, size_t size, group** found) {
        return getgrnam_r(name.c_str(), entry, space, size, found);
      },
      [](const group& entry) { return static_cast<int64_t>(entry.gr_gid); });
}

int DropPrivileges(uid_t uid, gid_t gid, const std::string& name) {
  // Groups first: afterwards it is not allowed any more. The C library does each for all threads.
  const int grouped = name.empty() ? setgroups(1, &gid) : initgroups(name.c_str(), gid);
  if (grouped < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) return -errno;
  if (!HasIds(uid, gid)) return -EPERM;
  // A user that is allowed to become root has dropped nothing.
  if (uid != 0 && setresuid(0, 0, 0) == 0) return -EPERM;
  return 0;
}

}  // namespace pronghorn
