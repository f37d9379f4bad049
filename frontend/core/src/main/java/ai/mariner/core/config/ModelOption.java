package ai.mariner.core.config;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table of model options: all that the readers of its sources, the resolution, the
 * worker's LOAD command and the reference page need to know of it. Compared by identity.
 *
 * @param <T> type of its values
 */
public final class ModelOption<T> {
  private final OptionChapter chapter;
  private final String key;
  private final OptionType<T> type;
  private final String doc;
  private final @Nullable String parameter;
  private final @Nullable String alias;
  private final @Nullable OptionSource sole;
  private final @Nullable String loadField;
  private final @Nullable ModelOption<?> companionOf;
  private final Function<ModelDefaults, @Nullable T> fallback;
  private final String fallbackWords;
  private final @Nullable T whenNull;

  private ModelOption(Row<T> row, String doc) {
    this.chapter = row.chapter;
    this.key = row.key;
    this.type = row.type;
    this.doc = doc;
    this.parameter = row.parameter;
    this.alias = row.alias;
    this.sole = row.sole;
    this.loadField = row.loadField;
    this.companionOf = row.companionOf;
    this.fallback = row.fallback;
    this.fallbackWords = row.fallbackWords;
    this.whenNull = row.whenNull;
  }

  /** Its name in the archive and in the {@code models} JSON. */
  public String key() {
    return key;
  }

  /** How its values are read. */
  public OptionType<T> type() {
    return type;
  }

  /** One sentence for the reference page. */
  public String doc() {
    return doc;
  }

  /** Its part of the table. */
  public OptionChapter chapter() {
    return chapter;
  }

  /** Another name that archives have for it. */
  public @Nullable String alias() {
    return alias;
  }

  /** Its parameter of a registration; absent: none. */
  public @Nullable String parameter() {
    return parameter;
  }

  /** Its field of the LOAD command; absent: the worker does not need it. */
  public @Nullable String loadField() {
    return loadField;
  }

  /** The option without which it means nothing; absent: none. */
  public @Nullable ModelOption<?> companionOf() {
    return companionOf;
  }

  /** Whether a source may give it. */
  public boolean standsIn(OptionSource source) {
    return switch (source) {
      case REQUEST -> parameter != null;
      case ARCHIVE, MODELS_JSON -> sole == null || sole == source;
    };
  }

  /** Its name in a source that may give it. */
  public String spelling(OptionSource source) {
    return source == OptionSource.REQUEST && parameter != null ? parameter : key;
  }

  /** What holds when no source gives it; {@code null}: nothing does, or it follows from others. */
  public @Nullable T fallback(ModelDefaults defaults) {
    return fallback.apply(defaults);
  }

  /** The default, for the reference page. */
  public String fallbackWords() {
    return fallbackWords;
  }

  /** What a {@code null} in YAML or JSON means; {@code null}: that the option is not given. */
  @Nullable T whenNull() {
    return whenNull;
  }

  @Override
  public String toString() {
    return key;
  }

  /**
   * A row that is being written.
   *
   * @param <T> type of the option's values
   */
  static final class Row<T> {
    private final OptionChapter chapter;
    private final String key;
    private final OptionType<T> type;
    private @Nullable String parameter;
    private @Nullable String alias;
    private @Nullable OptionSource sole;
    private @Nullable String loadField;
    private @Nullable ModelOption<?> companionOf;
    private Function<ModelDefaults, @Nullable T> fallback = defaults -> null;
    private String fallbackWords = "none";
    private @Nullable T whenNull;

    Row(OptionChapter chapter, String key, OptionType<T> type) {
      this.chapter = chapter;
      this.key = key;
      this.type = type;
    }

    /** It is also a parameter of registrations. */
    Row<T> parameter(String name) {
      this.parameter = name;
      return this;
    }

    /** It has another name as well. */
    Row<T> alias(String name) {
      this.alias = name;
      return this;
    }

    /** Only that source may give it. */
    Row<T> onlyIn(OptionSource source) {
      this.sole = source;
      return this;
    }

    /** The worker is told the value, unless it is absent or a switch that is off. */
    Row<T> loadField(String name) {
      this.loadField = name;
      return this;
    }

    /** It means something only together with another option, and is absent without it. */
    Row<T> companionOf(ModelOption<?> other) {
      this.companionOf = other;
      return this;
    }

    /** What holds when nobody says. */
    Row<T> otherwise(T value) {
      String words = value instanceof Enum<?> constant ? OptionType.word(constant) : value + "";
      return otherwise(words, defaults -> value);
    }

    /** What holds when nobody says, with its words for the page. */
    Row<T> otherwise(String words, Function<ModelDefaults, @Nullable T> value) {
      this.fallbackWords = words;
      this.fallback = value;
      return this;
    }

    /** What holds when nobody says, where other options or nothing decide. */
    Row<T> absent(String words) {
      this.fallbackWords = words;
      return this;
    }

    /** A {@code null} is a value too. */
    Row<T> whenNull(T value) {
      this.whenNull = value;
      return this;
    }

    /** The finished row. */
    ModelOption<T> describes(String doc) {
      return chapter.add(new ModelOption<>(this, doc));
    }
  }
}
