package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;

/** Keys of sequences and of the open inference protocol. */
final class SequenceSettings {
  final Chapter chapter = new Chapter(Section.SEQUENCES);

  {
    chapter.accepted(
        "ts_open_inference_protocol",
        Syntax.bool(),
        Fallback.of("false"),
        "Open inference protocol; it is always there.");
    chapter.later(
        "ts_header_key_sequence_id",
        Syntax.text(),
        Fallback.of("ts_request_sequence_id"),
        "Header with the sequence's id.");
    chapter.later(
        "ts_header_key_sequence_start",
        Syntax.text(),
        Fallback.of("ts_request_sequence_start"),
        "Header that starts a sequence.");
    chapter.later(
        "ts_header_key_sequence_end",
        Syntax.text(),
        Fallback.of("ts_request_sequence_end"),
        "Header that ends a sequence.");
  }
}
