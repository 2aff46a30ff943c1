// This process's own memory mappings, and whether a fork copies them.
#pragma once

namespace pronghorn {

// V8 marks the pages of its heap as not to be inherited (MADV_DONTFORK), and a child without a heap
// dies at its first instruction of JavaScript. Takes the mark off every mapping that there is now;
// later ones come marked again. 0 or a negative errno.
int InheritAllMappings();

}  // namespace pronghorn
