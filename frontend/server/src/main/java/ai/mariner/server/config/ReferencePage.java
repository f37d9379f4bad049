package ai.mariner.server.config;

import ai.mariner.core.config.Profile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes the reference page of all settings from their table. */
final class ReferencePage {
  private static final String HEAD =
      """
      # Configuration

      Every key of `config.properties`. This page is generated from the server's table of settings; a test compares them.

      The file is the one that the environment variable `TS_CONFIG_FILE` names, else the one that `--ts-config` names, else
      `config.properties` in the working directory. It is written as Java properties. `$$NAME$$` in a value stands for an
      environment variable, which must be set. A value comes from the first of these that gives it:

      1. the environment variable of the key, only if the file says `enable_envvars_config=true`
         (`allowed_urls` needs `use_env_allowed_urls=true` in the file too),
      2. the command line,
      3. the file,
      4. the default, which may differ between the commands `mariner` and `torchserve`.

      A time is a number of seconds or has a unit (`500ms`, `30s`, `10m`, `1h`); a size is a number of bytes or has a unit
      (`64k`, `512m`, `2g`). All problems are reported at once, each with the key, the value and what was expected. An
      unknown key is an error under `mariner` and a warning under `torchserve`, both with the nearest known name.
      """;

  private ReferencePage() {}

  /**
   * Writes the page.
   *
   * @param args the file
   */
  public static void main(String[] args) throws IOException {
    Files.writeString(Path.of(args[0]), text(new Settings()));
  }

  static String text(Settings settings) {
    StringBuilder page = new StringBuilder(HEAD);
    for (Section section : Section.values()) {
      page.append("\n## ").append(section.title()).append("\n\n");
      page.append("| Key | Default | Meaning | Environment | Supported |\n|---|---|---|---|---|\n");
      for (Setting<?> setting : settings.all()) {
        if (setting.section() == section) {
          page.append(row(setting));
        }
      }
    }
    return page.toString();
  }

  private static String row(Setting<?> setting) {
    String[] cells = {
      code(setting.key()),
      fallback(setting.fallback()),
      setting.doc(),
      code(setting.environmentName()),
      setting.support().words()
    };
    return "| "
        + String.join(" | ", Arrays.stream(cells).map(ReferencePage::escaped).toList())
        + " |\n";
  }

  private static String fallback(Setting.Fallback fallback) {
    String torchserve = fallback.text(Profile.TORCHSERVE);
    String mariner = fallback.text(Profile.MARINER);
    String words = fallback.words();
    if (torchserve == null || mariner == null) {
      return words == null ? "none" : words;
    }
    if (torchserve.equals(mariner)) {
      return code(mariner);
    }
    return "`mariner`: "
        + (words == null ? code(mariner) : words)
        + "; `torchserve`: "
        + code(torchserve);
  }

  private static String code(@Nullable String text) {
    return text == null || text.isEmpty() ? "empty" : "`" + text + "`";
  }

  private static String escaped(String cell) {
    return cell.replace("|", "\\|");
  }
}
