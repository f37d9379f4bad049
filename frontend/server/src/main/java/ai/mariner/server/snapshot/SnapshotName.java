package ai.mariner.server.snapshot;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of snapshots: the time in digits, and why they were taken. */
final class SnapshotName {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyyMMddHHmmss")
          .appendValue(ChronoField.MILLI_OF_SECOND, 3)
          .toFormatter();

  private static final int DIGITS = 17;

  private SnapshotName() {}

  /**
   * A name that sorts behind the others, also when the clock has been set back.
   *
   * @param now local time
   * @param others names of the snapshots that there are, sorted
   * @param reason {@code startup}, {@code snapshot} or {@code shutdown}
   */
  static String after(LocalDateTime now, List<String> others, String reason) {
    LocalDateTime last = others.isEmpty() ? null : time(others.get(others.size() - 1));
    LocalDateTime time =
        last == null || TIME.format(now).compareTo(TIME.format(last)) > 0
            ? now
            : last.plus(Duration.ofMillis(1));
    return TIME.format(time) + "-" + reason + ".cfg";
  }

  private static @Nullable LocalDateTime time(String name) {
    try {
      return LocalDateTime.parse(name.substring(0, DIGITS), TIME);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
