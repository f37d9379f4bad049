package ai.mariner.server.config;

import ai.mariner.core.config.DependencyConfig;
import ai.mariner.core.config.DependencyConfig.Installer;
import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** Keys of the Python packages that archives ask for. */
final class DependencySettings {
  private static final String STANDARD_FOLDER = "mariner-dependencies";

  final Chapter chapter = new Chapter(Section.DEPENDENCIES);

  final Setting<Boolean> install =
      chapter.row(
          "install_py_dep_per_model",
          Syntax.bool(),
          "false",
          "Whether the requirements that an archive names are installed for its model. Installing"
              + " runs code of the packages' authors.");
  final Setting<String> installer =
      chapter.row(
          "dependency_installer",
          Syntax.oneOf("auto", "uv", "pip"),
          "auto",
          "What installs them: `uv` from the path, `pip` of the workers' Python, or `auto`: `uv`"
              + " where it is. `pip` leaves what the workers' Python has and the requirements allow"
              + " as it is; `uv` does not look at that.");
  final Setting<Duration> timeout =
      chapter.row(
          "dependency_timeout",
          Syntax.seconds(),
          "30m",
          "How long the installation for one model may take, in seconds.");
  final Setting<Path> cache =
      chapter.row(
          "dependency_cache",
          Syntax.path(),
          Fallback.computed("`" + STANDARD_FOLDER + "` in the temporary folder"),
          "Folder of what was installed, and of the environments of `useVenv`, from one run to the"
              + " next; several servers may share it. Nobody else may write to it.");
  final Setting<Long> cacheSize =
      chapter.row(
          "dependency_cache_size",
          Syntax.bytes(0, Long.MAX_VALUE),
          "20g",
          "Size of that folder above which the longest unused of what no model uses is removed, in"
              + " bytes.");

  /**
   * What the values say.
   *
   * @param folder working directory
   * @param temporary temporary folder
   */
  DependencyConfig config(Values values, Path folder, Path temporary) {
    Path given = values.given(cache);
    return new DependencyConfig(
        values.get(install),
        given == null ? temporary.resolve(STANDARD_FOLDER) : folder.resolve(given).normalize(),
        values.get(cacheSize),
        Installer.valueOf(values.get(installer).toUpperCase(Locale.ROOT)),
        values.get(timeout));
  }
}
