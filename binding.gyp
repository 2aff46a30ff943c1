{
  "targets": [
    {
      "target_name": "pronghorn",
      "sources": ["<!@(node -p \"require('fs').readdirSync('native', { recursive: true }).filter((f) => f.endsWith('.cc')).sort().map((f) => 'native/' + f).join(' ')\")"],
      "include_dirs": ["native"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags_cc": ["-std=c++20", "-O2", "-fno-exceptions", "-fno-rtti", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unused-parameter"],
      "cflags_cc!": ["-std=gnu++17", "-O3", "-std=gnu++20"],
      # A symbol that this Node.js has not is an error when the addon is loaded, not a crash at the first call.
      "ldflags": ["-Wl,-Bsymbolic", "-Wl,-z,now"]
    }
  ]
}
