package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;
import java.time.Duration;

/** Keys that bound sizes and times. */
final class LimitSettings {
  final Chapter chapter = new Chapter(Section.LIMITS);

  final Setting<Long> maxRequestSize =
      chapter.row(
          "max_request_size",
          Syntax.bytes(1, Integer.MAX_VALUE),
          "6553500",
          "Size of a request's body, REST and gRPC, in bytes.");
  final Setting<Long> maxResponseSize =
      chapter.row(
          "max_response_size",
          Syntax.bytes(1, Integer.MAX_VALUE),
          "6553500",
          "Size of one answer, or of one piece of a streamed answer, in bytes.");
  final Setting<Integer> maxHeaderSize =
      chapter.row(
          "max_header_size",
          Syntax.whole(1024, 16 << 20),
          "65536",
          "Size of all headers of a request, in bytes.");
  final Setting<Integer> maxHeaders =
      chapter.row(
          "max_headers", Syntax.whole(1, 1 << 20), "200", "Number of headers of a request.");
  final Setting<Duration> headerTimeout =
      chapter.row(
          "header_timeout",
          Syntax.seconds(),
          "30",
          "How long the request line and headers of a request may take, from their first byte, in"
              + " seconds.");
  final Setting<Integer> minBodyRate =
      chapter.row(
          "min_body_rate",
          Syntax.whole(0, Integer.MAX_VALUE),
          "240",
          "How fast a request's body has to come, in bytes a second on average; 0: as it likes.");
  final Setting<Duration> bodyGrace =
      chapter.row(
          "min_body_rate_grace",
          Syntax.seconds(),
          "5",
          "Head start of each body before min_body_rate counts, in seconds.");
  final Setting<Long> maxInflightBytes =
      chapter.row(
          "max_inflight_bytes",
          Syntax.bytes(1, Long.MAX_VALUE),
          Fallback.computed("half of the JVM's direct memory"),
          "Memory of all request bodies together, from their first byte to their release.");
  final Setting<Long> maxStreamBuffer =
      chapter.row(
          "max_stream_buffer",
          Syntax.bytes(1, Long.MAX_VALUE),
          "1m",
          "Pieces buffered for one slow reader of a batch, in bytes.");
  final Setting<Duration> streamStallTimeout =
      chapter.row(
          "stream_stall_timeout",
          Syntax.seconds(),
          "30",
          "How long a stream may wait for its reader, in seconds.");
  final Setting<Duration> eventKeepAlive =
      chapter.row(
          "event_stream_keep_alive",
          Syntax.seconds(),
          "15",
          "How long a stream of server-sent events may be silent before a comment is sent, in"
              + " seconds.");
  final Setting<Duration> idleTimeout =
      chapter.row(
          "idle_timeout",
          Syntax.seconds(),
          "10m",
          "How long a connection may stay open with nothing under way.");
  final Setting<Duration> drainTimeout =
      chapter.row(
          "drain_timeout",
          Syntax.seconds(),
          "30",
          "How long accepted work may take to finish at shutdown, in seconds.");
  final Setting<Long> maxArchiveSize =
      chapter.row(
          "max_archive_size",
          Syntax.bytes(1, Long.MAX_VALUE),
          "100g",
          "Size of an unpacked archive, in bytes.");
  final Setting<Integer> maxArchiveEntries =
      chapter.row(
          "max_archive_entries",
          Syntax.whole(1, Integer.MAX_VALUE),
          "100000",
          "Files and folders in an archive.");
  final Setting<Long> maxDownloadSize =
      chapter.row(
          "max_download_size",
          Syntax.bytes(1, Long.MAX_VALUE),
          "100g",
          "Size of a fetched archive, in bytes.");
  final Setting<Duration> downloadTimeout =
      chapter.row(
          "download_timeout", Syntax.seconds(), "1h", "How long fetching an archive may take.");
}
