package ai.mariner.server.config;

import ai.mariner.core.config.SequenceNames;
import ai.mariner.server.config.Setting.Fallback;
import java.util.Locale;
import java.util.stream.Stream;

/** Keys of sequences and of the open inference protocol. */
final class SequenceSettings {
  final Chapter chapter = new Chapter(Section.SEQUENCES);
  private final Setting<String> id =
      chapter.row(
          "ts_header_key_sequence_id",
          Syntax.headerName(),
          SequenceNames.DEFAULT.id(),
          "Header with the sequence's id.");
  private final Setting<String> start =
      chapter.row(
          "ts_header_key_sequence_start",
          Syntax.headerName(),
          SequenceNames.DEFAULT.start(),
          "Header that starts a sequence.");
  private final Setting<String> end =
      chapter.row(
          "ts_header_key_sequence_end",
          Syntax.headerName(),
          SequenceNames.DEFAULT.end(),
          "Header that ends a sequence.");

  {
    chapter.accepted(
        "ts_open_inference_protocol",
        Syntax.bool(),
        Fallback.of("false"),
        "Open inference protocol; it is always there.");
  }

  /** The three names, which must differ. */
  SequenceNames names(Values values, Findings findings) {
    SequenceNames names = new SequenceNames(values.get(id), values.get(start), values.get(end));
    long different =
        Stream.of(names.id(), names.start(), names.end())
            .map(name -> name.toLowerCase(Locale.ROOT))
            .distinct()
            .count();
    if (different < 3) {
      findings.malformed(
          id.key() + ", " + start.key() + ", " + end.key(),
          names.id() + ", " + names.start() + ", " + names.end(),
          "three different names");
    }
    return names;
  }
}
