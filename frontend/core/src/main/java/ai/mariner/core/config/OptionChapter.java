package ai.mariner.core.config;

import java.util.ArrayList;
import java.util.List;

/**
 * A part of the table of model options. It is filled while the class that holds its rows is
 * initialised, and never after.
 */
public final class OptionChapter {
  private final String title;
  private final List<ModelOption<?>> rows = new ArrayList<>();

  OptionChapter(String title) {
    this.title = title;
  }

  /** Heading on the reference page. */
  public String title() {
    return title;
  }

  /** All rows, in the order of the reference page. */
  public List<ModelOption<?>> rows() {
    return List.copyOf(rows);
  }

  /** Begins a row; {@code describes} ends it. */
  <T> ModelOption.Row<T> option(String key, OptionType<T> type) {
    return new ModelOption.Row<>(this, key, type);
  }

  <T> ModelOption<T> add(ModelOption<T> row) {
    rows.add(row);
    return row;
  }
}
