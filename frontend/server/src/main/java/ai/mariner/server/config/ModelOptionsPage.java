package ai.mariner.server.config;

import ai.mariner.core.config.ModelOption;
import ai.mariner.core.config.ModelOptions;
import ai.mariner.core.config.OptionChapter;
import ai.mariner.core.config.OptionSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the reference page of all model options from their table. */
final class ModelOptionsPage {
  private static final String HEAD =
      """
      # Options of models

      Every option of one model version. This page is generated from the server's table of options; a test compares them.

      An option comes from the first of these that gives it:

      1. a parameter of the registration, in snake case, where the table names one,
      2. the archive's `model-config.yaml`,
      3. the `models` JSON of the configuration, by model and version,
      4. the default.

      All problems of a source are reported at once, each with the key, the value and what was expected. Keys of
      `model-config.yaml` that are not here belong to the handler; one that is nearly here is an error under `mariner` and a
      warning under `torchserve`, both with the nearest name. Unknown options of the `models` JSON, unknown parameters of
      management calls, and an option without the one that it goes with are an error under `mariner` and a warning under
      `torchserve`. `torchserve` takes the `models` JSON as TorchServe does (comments, single quotes, `True`, `"4"`, `1.0`),
      with a warning; `mariner` says what it expected.
      """;

  private ModelOptionsPage() {}

  /**
   * Writes the page.
   *
   * @param args the file
   */
  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of(args[0]), text(ModelOptions.CHAPTERS));
  }

  static String text(List<OptionChapter> chapters) {
    StringBuilder page = new StringBuilder(HEAD);
    for (OptionChapter chapter : chapters) {
      page.append("\n## ").append(chapter.title()).append("\n\n");
      page.append("| Key | Value | Default | Meaning | Parameter |\n");
      page.append("|---|---|---|---|---|\n");
      chapter.rows().forEach(option -> page.append(row(option)));
    }
    return page.toString();
  }

  private static String row(ModelOption<?> option) {
    String[] cells = {
      keys(option),
      option.type().expected(),
      option.fallbackWords(),
      meaning(option),
      code(option.parameter())
    };
    return "| "
        + String.join(" | ", Arrays.stream(cells).map(cell -> cell.replace("|", "\\|")).toList())
        + " |\n";
  }

  private static String keys(ModelOption<?> option) {
    String alias = option.alias();
    return code(option.key()) + (alias == null ? "" : ", also " + code(alias));
  }

  private static String meaning(ModelOption<?> option) {
    StringBuilder meaning = new StringBuilder(option.doc());
    ModelOption<?> master = option.companionOf();
    if (master != null) {
      meaning.append(" Goes with ").append(code(master.key())).append('.');
    }
    for (OptionSource source : List.of(OptionSource.ARCHIVE, OptionSource.MODELS_JSON)) {
      if (!option.standsIn(source)) {
        String other = source == OptionSource.ARCHIVE ? "the `models` JSON" : "the archive";
        meaning.append(" Only in ").append(other).append('.');
      }
    }
    return meaning.toString();
  }

  private static String code(@Nullable String text) {
    return text == null ? "" : "`" + text.strip() + "`";
  }
}
