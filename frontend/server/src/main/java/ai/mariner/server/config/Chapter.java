package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;
import java.util.ArrayList;
import java.util.List;

/** The rows of one chapter of the table of settings, in the order of the reference page. */
final class Chapter {
  private final Section section;
  private final List<Setting<?>> rows = new ArrayList<>();

  Chapter(Section section) {
    this.section = section;
  }

  /** All rows. */
  List<Setting<?>> rows() {
    return List.copyOf(rows);
  }

  /** A key that does what it says, with the same default in every profile. */
  <T> Setting<T> row(String key, Syntax<T> syntax, String fallback, String doc) {
    return row(key, syntax, Fallback.of(fallback), doc);
  }

  /** A key that does what it says. */
  <T> Setting<T> row(String key, Syntax<T> syntax, Fallback fallback, String doc) {
    return add(new Setting<>(section, key, syntax, fallback, doc, Support.HONOURED));
  }

  /** A key that is read and does nothing here. */
  void accepted(String key, Syntax<?> syntax, Fallback fallback, String doc) {
    var unused = add(new Setting<>(section, key, syntax, fallback, doc, Support.ACCEPTED));
  }

  /** A key that is refused when it is set to something other than its default. */
  void later(String key, Syntax<?> syntax, Fallback fallback, String doc) {
    var unused = add(new Setting<>(section, key, syntax, fallback, doc, Support.LATER));
  }

  private <T> Setting<T> add(Setting<T> row) {
    rows.add(row);
    return row;
  }
}
