package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;
import java.nio.file.Path;
import java.time.Duration;

/** Keys of the server's process. */
final class ProcessSettings {
  final Chapter chapter = new Chapter(Section.PROCESS);

  final Setting<Path> modelServerHome =
      chapter.row(
          "model_server_home",
          Syntax.path(),
          Fallback.computed("found by the command"),
          "Folder that holds the `ts` package; `TS_MODEL_SERVER_HOME` and the command line come"
              + " first.");
  final Setting<String> logFormat =
      chapter.row(
          "log_format",
          Syntax.oneOf("text", "json"),
          "text",
          "How lines of the logs look: TorchServe's patterns, or a JSON object each. A Log4j"
              + " configuration of yours says so itself.");

  final Setting<String> pluginsPath =
      chapter.row(
          "plugins_path",
          Syntax.text(),
          Fallback.NONE,
          "Folder of jars with plugins; `--plugins-path` comes first.");
  final Setting<Integer> pluginThreads =
      chapter.row(
          "plugin_threads", Syntax.whole(1, 1024), "8", "Threads for endpoints of plugins.");
  final Setting<Duration> pluginTimeout =
      chapter.row(
          "plugin_timeout",
          Syntax.seconds(),
          "120",
          "How long an endpoint of a plugin may take, in seconds.");
  final Setting<Integer> authorizerThreads =
      chapter.row(
          "authorizer_threads",
          Syntax.whole(1, 1024),
          "8",
          "Threads for authorizers of plugins; 16 calls may wait for each.");
  final Setting<Duration> authorizerTimeout =
      chapter.row(
          "authorizer_timeout",
          Syntax.seconds(),
          "5",
          "How long authorizers may take for a call, with its wait for a thread, in seconds.");

  {
    chapter.accepted(
        "vmargs", Syntax.text(), Fallback.NONE, "Options of the JVM; read by the command.");
    chapter.accepted("version", Syntax.text(), Fallback.NONE, "Stands in snapshots.");
    chapter.accepted(
        "python",
        Syntax.text(),
        Fallback.NONE,
        "Stands in snapshots; the command passes the interpreter.");
    chapter.accepted("tsConfigFile", Syntax.text(), Fallback.NONE, "Stands in snapshots.");
  }
}
