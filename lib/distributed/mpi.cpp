// SPDX-License-Identifier: MIT
// The module for an implementation of MPI: it is built once for each that is there.
#include "distributed/engine.hpp"

#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstring>

namespace xtape::message_passing {

struct Request {
  MPI_Request request;
};

namespace {

MPI_Comm communicators[channels];
char failure[MPI_MAX_ERROR_STRING + 1];

const char* text_of(int code) {
  if (code == MPI_SUCCESS) return nullptr;
  int length = 0;
  MPI_Error_string(code, failure, &length);
  failure[std::strcspn(failure, "\n")] = '\0';  // what follows is about the implementation itself
  return failure;
}

const char* start(int& rank, int& size) {
  int begun_by_program = 0, provided = 0;
  MPI_Initialized(&begun_by_program);
  if (begun_by_program != 0) return "the program has begun MPI itself";
  if (const char* const wrong =
          text_of(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided)))
    return wrong;
  if (provided < MPI_THREAD_FUNNELED) return "it was built without threads";
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  for (MPI_Comm& communicator : communicators)
    if (const char* const wrong = text_of(MPI_Comm_dup(MPI_COMM_WORLD, &communicator)))
      return wrong;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return nullptr;
}

// Makes a request if the call that began it has succeeded.
const char* begun(int code, MPI_Request request, Request*& made) {
  if (const char* const wrong = text_of(code)) return wrong;
  made = new Request{request};
  return nullptr;
}

const char* send(const void* data, int bytes, int to, int channel, int tag, Request*& sent) {
  MPI_Request request = MPI_REQUEST_NULL;
  const int code = MPI_Isend(data, bytes, MPI_BYTE, to, tag, communicators[channel], &request);
  return begun(code, request, sent);
}

const char* receive(void* data, int bytes, int from, int channel, Request*& received) {
  MPI_Request request = MPI_REQUEST_NULL;
  const int code = MPI_Irecv(data, bytes, MPI_BYTE, from < 0 ? MPI_ANY_SOURCE : from, MPI_ANY_TAG,
                             communicators[channel], &request);
  return begun(code, request, received);
}

const char* test(Request*& request, bool& done, Arrival& arrival) {
  int flag = 0;
  MPI_Status status;
  const int code = MPI_Test(&request->request, &flag, &status);
  done = flag != 0;
  if (code == MPI_SUCCESS && !done) return nullptr;
  delete request;
  request = nullptr;
  if (const char* const wrong = text_of(code)) return wrong;
  arrival = {status.MPI_SOURCE, status.MPI_TAG, 0};
  return text_of(MPI_Get_count(&status, MPI_BYTE, &arrival.bytes));
}

void cancel(Request*& received) {
  MPI_Cancel(&received->request);
  MPI_Request_free(&received->request);
  delete received;
  received = nullptr;
}

void end() {
  for (MPI_Comm& communicator : communicators) MPI_Comm_free(&communicator);
  MPI_Finalize();
}

void abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

}  // namespace
}  // namespace xtape::message_passing

extern "C" [[gnu::visibility("default")]] const xtape::message_passing::Engine*
xtape_message_passing() {
  using namespace xtape::message_passing;
  static const Engine engine{engine_version, XTAPE_MPI_NAME, start, send, receive,
                             test,           cancel,         end,   abort};
  return &engine;
}
