package ai.mariner.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The table of all options of models. Whoever reads, resolves, forwards or documents options reads
 * it from here; an option is written nowhere else.
 */
public final class ModelOptions {
  /** Its parts, in the order of the reference page. */
  public static final List<OptionChapter> CHAPTERS =
      Stream.concat(CrewOptions.CHAPTERS.stream(), ProgramOptions.CHAPTERS.stream()).toList();

  /** All rows. */
  public static final List<ModelOption<?>> ALL =
      CHAPTERS.stream().<ModelOption<?>>flatMap(chapter -> chapter.rows().stream()).toList();

  private ModelOptions() {}

  /** Every name that an option has in a source. */
  public static List<String> spellings(OptionSource source) {
    List<String> names = new ArrayList<>();
    for (ModelOption<?> option : ALL) {
      if (option.standsIn(source)) {
        names.add(option.spelling(source));
        String alias = option.alias();
        if (alias != null && source != OptionSource.REQUEST) {
          names.add(alias);
        }
      }
    }
    return List.copyOf(names);
  }
}
