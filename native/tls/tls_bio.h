// OpenSSL's idea of a socket on top of ours: non-blocking calls that raise no signal, and a first look at
// what the client says. One per context; each of its sessions makes its BIO from it.
#pragma once

#include <openssl/bio.h>

#include "tls/openssl_ptr.h"

namespace pronghorn {

class TlsSession;

class TlsBio {
 public:
  static BioMethodPtr MakeMethod();
  // Owned by whom it is given to.
  static BIO* Make(const BIO_METHOD* method, TlsSession* session);

 private:
  static int Read(BIO* bio, char* to, int length);
  static int Write(BIO* bio, const char* from, int length);
  static long Control(BIO* bio, int command, long number, void* pointer);
};

}  // namespace pronghorn
