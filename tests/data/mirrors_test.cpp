// SPDX-License-Identifier: MIT
#include "sandbox.hpp"

#include "data/download.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace test;

namespace {

boost::test_tools::assertion_result builds_without_curl(boost::unit_test::test_unit_id) {
  return !data::can_download();
}

// A small dataset on three mirrors: the first is empty, the second has other files, the third is
// right.
struct Mirrors : Sandbox {
  const std::array<Bytes, 4> files = small_files();
  data::Source source{.op = "mnist",
                      .name = "MNIST",
                      .folder = "mnist",
                      .files = {},
                      .mirrors = {url("empty"), url("wrong"), url("right")},
                      .read = data::read_idx_files,
                      .made_up = "digits",
                      .substitute = nullptr};

  Mirrors() {
    const std::array<Bytes, 4> wrong = small_files(11);
    for (std::size_t i = 0; i < 4; ++i) {
      const Bytes right = gzip(files[i]);
      source.files.push_back({file_names[i], data::can_download() ? data::sha256({right}) : ""});
      write(served("wrong", i), gzip(wrong[i]));
      write(served("right", i), right);
    }
  }
  std::string url(const std::string& mirror) const {
    return "file://" + directory / ("served/" + mirror);
  }
  fs::path served(const std::string& mirror, std::size_t file) const {
    return directory.path() / "served" / mirror / (std::string{file_names[file]} + ".gz");
  }
  std::string error(const data::SourceOptions& options) const {
    return named(error_of<DataError>([&] { data::load(source, options); }));
  }
  std::vector<std::string> cached() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator{cache()})
      names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
  }
};

// Serves one byte in 20 ms to each who asks, over HTTP, and never ends.
class SlowServer {
 public:
  SlowServer() {
    const sockaddr_in any{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address_;
    BOOST_REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
    BOOST_REQUIRE(::listen(listener_, 8) == 0);
    BOOST_REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~SlowServer() {
    stopped_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  SlowServer(const SlowServer&) = delete;
  SlowServer& operator=(const SlowServer&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  void serve() {
    for (int client; !stopped_ && (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      std::string text = "HTTP/1.0 200 OK\r\n\r\n";
      while (!stopped_ && ::send(client, text.data(), text.size(), MSG_NOSIGNAL) > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
        text = "x";
      }
      ::close(client);
    }
  }
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{};
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

constexpr std::chrono::minutes a_minute{1};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mirrors, Mirrors)

BOOST_AUTO_TEST_CASE(downloads_from_the_first_mirror_that_is_right, *with_curl) {
  const auto [train, test] = data::load(source, options({.substitute = false}));
  BOOST_TEST(train.size() == 30u);
  BOOST_TEST(test.size() == 20u);
  BOOST_TEST(named(train.source()) == "downloaded from file://DIR/served/right/");
  BOOST_TEST(!train.synthetic());
  BOOST_TEST(notices == std::vector<std::string>{"[mnist] downloading into DIR/cache/xtape/mnist"},
             boost::test_tools::per_element());
  BOOST_TEST(cached() == (std::vector<std::string>{
                             "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
                             "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"}),
             boost::test_tools::per_element());

  fs::remove_all(directory / "served");
  const auto again = data::load(source, options({.substitute = false}));
  BOOST_TEST(named(again.train.source()) == "DIR/cache/xtape/mnist");
  BOOST_TEST(std::ranges::equal(again.train.pixels(29), train.pixels(29)));
  BOOST_TEST(notices.size() == 1u);
}

BOOST_AUTO_TEST_CASE(downloads_only_what_is_missing, *with_curl) {
  for (const std::size_t i : {0, 1, 3}) write(cache() / file_names[i], files[i]);
  for (const std::size_t i : {0, 1, 3}) fs::remove(served("right", i));
  BOOST_TEST(data::load(source, options({.substitute = false})).test.size() == 20u);
  BOOST_TEST(cached().size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_beside_a_missing_one_is_an_error, *with_curl) {
  for (const std::size_t i : {0, 1}) write(cache() / file_names[i], files[i]);
  write(cache() / file_names[2], header({20, 28, 28}));
  BOOST_TEST(error(options({.substitute = true})) ==
             "[mnist] DIR/cache/xtape/mnist/t10k-images-idx3-ubyte: expected 15680 bytes for (20, "
             "28, 28), found 0; delete it, to have it downloaded again");
}

BOOST_AUTO_TEST_CASE(files_may_come_from_several_mirrors, *with_curl) {
  fs::rename(served("right", 2), write(served("empty", 2), {}));
  const data::Split split = data::load(source, options({.substitute = false}));
  BOOST_TEST(split.test.size() == 20u);
}

BOOST_AUTO_TEST_CASE(other_mirrors_can_be_given, *with_curl) {
  const data::Split split =
      data::load(source, options({.substitute = false, .mirrors = {url("right") + "/"}}));
  BOOST_TEST(named(split.train.source()) == "downloaded from file://DIR/served/right/");
}

BOOST_AUTO_TEST_CASE(tells_why_each_mirror_failed, *with_curl) {
  const std::string text =
      error(options({.substitute = false, .mirrors = {url("empty"), url("wrong")}}));
  const std::string expected =
      "[mnist] there is no " + all_names + " in DIR/cache/xtape/mnist" + other_names +
      ", and the download failed: file://DIR/served/empty/train-images-idx3-ubyte.gz: Couldn't "
      "open file "
      "DIR/served/empty/train-images-idx3-ubyte.gz; "
      "file://DIR/served/wrong/train-images-idx3-ubyte.gz: expected the SHA-256 digest " +
      source.files[0].sha256 + ", found ";
  BOOST_TEST(text.substr(0, expected.size()) == expected);
  BOOST_TEST(text.ends_with("; " + hint));
  BOOST_TEST((!fs::exists(cache()) || fs::is_empty(cache())));
}

// What has another digest is not looked into: 64 MB of zeros in 64 kB would unfold.
BOOST_AUTO_TEST_CASE(decompresses_nothing_that_has_another_digest, *with_curl) {
  for (const Bytes& bytes : {Bytes{0x1f, 0x8b, 8}, gzip(Bytes(std::size_t{1} << 26))}) {
    write(served("wrong", 0), bytes);
    const std::string text = error(options({.substitute = false, .mirrors = {url("wrong")}}));
    BOOST_TEST(text.find("file://DIR/served/wrong/train-images-idx3-ubyte.gz: expected the SHA-256 "
                         "digest " +
                         source.files[0].sha256 + ", found " + data::sha256({bytes})) !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(gives_up_what_takes_too_long, *with_curl) {
  const Environment no_proxy{"no_proxy", "127.0.0.1"};
  const SlowServer server;
  const auto start = std::chrono::steady_clock::now();
  const std::chrono::milliseconds half_a_second{500};
  const std::string text =
      error_of<DataError>([&] { data::fetch(server.url(), 1000, half_a_second); });
  BOOST_TEST(text.starts_with("[download] " + server.url() + ": Operation timed out after "), text);
  // A slow mirror leaves time for a good one.
  const std::string used =
      data::download_files(source, {server.url(), url("right")}, cache(), std::chrono::seconds{2});
  BOOST_TEST(named(used) == "file://DIR/served/right/");
  BOOST_TEST(cached().size() == 4u);
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds{20}));
}

BOOST_AUTO_TEST_CASE(does_not_wait_at_a_pipe, *with_curl) {
  const fs::path pipe = directory / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string start : {"file://", "FILE://", "file://localhost", "file:"})
    for (const std::string end : {"/pipe", "/%70ipe", "/./none/../pipe", "/pipe#part"}) {
      const std::string address = start + directory.path().string() + end;
      BOOST_TEST(named(error_of<DataError>([&] { data::fetch(address, 1000, a_minute); })) ==
                 "[download] " + start + "DIR" + end + ": expected a file, found a pipe");
    }
}

BOOST_AUTO_TEST_CASE(needs_a_cache_that_can_be_written, *with_curl) {
  write(directory / "cache", {});
  const std::string text = error(options({.substitute = false, .mirrors = {url("right")}}));
  BOOST_TEST(text.find("cannot create DIR/cache/xtape/mnist: Not a directory") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(fetches_with_a_limit_and_from_known_protocols, *with_curl) {
  const Bytes bytes(1000, 7);
  const std::string address = "file://" + write(directory / "bytes", bytes).string();
  BOOST_TEST((data::fetch(address, 1000, a_minute) == bytes));
  BOOST_TEST(named(error_of<DataError>([&] { data::fetch(address, 999, a_minute); })) ==
             "[download] file://DIR/bytes: expected at most 999 bytes, got more");
  for (const std::string protocol : {"ftp", "gopher", "dict", "telnet", "scp"}) {
    const std::string text =
        error_of<DataError>([&] { data::fetch(protocol + "://127.0.0.1:9/", 1000, a_minute); });
    BOOST_TEST(
        text.starts_with("[download] " + protocol + "://127.0.0.1:9/: Protocol \"" + protocol));
  }
}

BOOST_AUTO_TEST_CASE(sha256_is_that_of_the_standard, *with_curl) {
  const Bytes a{'a'}, bc{'b', 'c'};
  BOOST_TEST(
      data::sha256({a, bc}) ==
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2, B.1
  BOOST_TEST(data::sha256({}) ==
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(says_if_the_build_cannot_download,
                     *boost::unit_test::precondition(builds_without_curl)) {
  BOOST_TEST(error(options({.substitute = false})) ==
             "[mnist] there is no " + all_names + " in DIR/cache/xtape/mnist" + other_names +
                 ", and this build cannot download, as it has no libcurl; " + hint);
  BOOST_TEST(notices.empty());
}

BOOST_AUTO_TEST_SUITE_END()
