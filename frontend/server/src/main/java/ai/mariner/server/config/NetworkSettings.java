package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;

/** Keys of network threads. */
final class NetworkSettings {
  final Chapter chapter = new Chapter(Section.NETWORK);

  final Setting<Integer> numberOfNettyThreads =
      chapter.row(
          "number_of_netty_threads",
          Syntax.whole(0, 1024),
          "0",
          "Network event loops, for clients and workers; 0: one for each two CPUs.");
  final Setting<Integer> busyPollMicros =
      chapter.row(
          "busy_poll_micros",
          Syntax.whole(0, 10_000),
          "200",
          "How long an event loop, or a worker without requests, looks for the next event before"
              + " it sleeps, in microseconds, as long as this finds some; 0: not at all. With one"
              + " CPU neither does.");

  {
    chapter.accepted(
        "netty_client_threads",
        Syntax.whole(0, 1024),
        Fallback.of("0"),
        "Worker links live on the same event loops.");
    chapter.accepted(
        "prefer_direct_buffer", Syntax.bool(), Fallback.of("false"), "Buffers are always direct.");
    chapter.accepted(
        "use_native_io",
        Syntax.bool(),
        Fallback.of("true"),
        "Native sockets are used where there are any.");
    chapter.accepted(
        "io_ratio",
        Syntax.whole(1, 100),
        Fallback.of("50"),
        "Share of socket work in an event loop.");
  }
}
