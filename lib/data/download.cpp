// SPDX-License-Identifier: MIT
#include "data/download.hpp"

#include "data/hex.hpp"
#include "text.hpp"

#ifdef XTAPE_WITH_CURL

#include <curl/curl.h>
#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace xtape::inline XTAPE_ABI::data {
namespace {

constexpr long connect_seconds = 10;
constexpr long stall_bytes_per_second = 10'000, stall_seconds = 30;
constexpr long max_redirects = 10;

template <auto function>
struct Calls {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};

struct Sink {
  std::vector<std::uint8_t> bytes = {};
  std::size_t max_bytes;
  bool too_long = false;

  // For libcurl, which takes fewer bytes than it gave as the wish to stop.
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self) noexcept {
    Sink& sink = *static_cast<Sink*>(self);
    const std::size_t length = size * count;
    sink.too_long = length > sink.max_bytes - sink.bytes.size();
    if (sink.too_long) return 0;
    try {
      sink.bytes.insert(sink.bytes.end(), data, data + length);
    } catch (const std::bad_alloc&) {
      return 0;
    }
    return length;
  }
};

void restrict_protocols(CURL* curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  const long web = CURLPROTO_HTTP | CURLPROTO_HTTPS;
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, web | CURLPROTO_FILE);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, web);
#endif
}

using Text = std::unique_ptr<char, Calls<curl_free>>;

// A part of a URL, if it has that.
Text part_of(CURLU* url, CURLUPart which) {
  char* text = nullptr;
  return Text{curl_url_get(url, which, &text, 0) == CURLUE_OK ? text : nullptr};
}

// libcurl would wait for who writes to one, for ever. What it cannot read as a URL, it refuses itself.
void refuse_pipes(CURL* curl, const std::string& url) {
  const std::unique_ptr<CURLU, Calls<curl_url_cleanup>> parts{curl_url()};
  constexpr unsigned all_schemes = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  if (curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), all_schemes) != CURLUE_OK) return;
  const Text scheme = part_of(parts.get(), CURLUPART_SCHEME),
             path = part_of(parts.get(), CURLUPART_PATH);
  if (!scheme || !path || curl_strequal(scheme.get(), "file") == 0) return;
  const Text name{curl_easy_unescape(curl, path.get(), 0, nullptr)};
  std::error_code ignored;
  if (name && std::filesystem::is_fifo(name.get(), ignored))
    fail_to_download(url + ": expected a file, found a pipe");
}

}  // namespace

bool can_download() noexcept { return true; }

std::vector<std::uint8_t> fetch(const std::string& url, std::size_t max_bytes,
                                std::chrono::milliseconds most) {
  // Older versions of libcurl want this done once, before any other thread uses it.
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, Calls<curl_easy_cleanup>> curl{
      initialized == CURLE_OK ? curl_easy_init() : nullptr};
  if (curl == nullptr) fail_to_download("libcurl cannot be initialized");

  refuse_pipes(curl.get(), url);
  Sink sink{.max_bytes = max_bytes};
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, max_redirects);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, stall_bytes_per_second);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, stall_seconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(most.count())));
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "xtape");
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Sink::take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &sink);
  restrict_protocols(curl.get());

  const CURLcode code = curl_easy_perform(curl.get());
  if (sink.too_long)
    fail_to_download(text(url, ": expected at most ", max_bytes, " bytes, got more"));
  if (code != CURLE_OK)
    fail_to_download(url + ": " + (*reason != 0 ? reason : curl_easy_strerror(code)));
  return std::move(sink.bytes);
}

std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts) {
  const std::unique_ptr<EVP_MD_CTX, Calls<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  bool good = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const auto& part : parts)
    good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  if (!good || EVP_DigestFinal_ex(context.get(), digest, &length) != 1)
    fail_to_download("OpenSSL cannot compute SHA-256");
  return hex({digest, length});
}

}  // namespace xtape::inline XTAPE_ABI::data

#else

namespace xtape::inline XTAPE_ABI::data {
namespace {

[[noreturn]] void fail() {
  fail_to_download("this build of xtape cannot download", "build it with libcurl and OpenSSL");
}

}  // namespace

bool can_download() noexcept { return false; }
std::vector<std::uint8_t> fetch(const std::string&, std::size_t, std::chrono::milliseconds) {
  fail();
}
std::string sha256(std::initializer_list<std::span<const std::uint8_t>>) { fail(); }

}  // namespace xtape::inline XTAPE_ABI::data

#endif
