package ai.mariner.server.config;

import ai.mariner.server.config.Setting.Fallback;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Keys of worker processes. */
final class WorkerSettings {
  final Chapter chapter = new Chapter(Section.WORKERS);

  final Setting<Integer> initialWorkerPort =
      chapter.row(
          "initial_worker_port",
          Syntax.whole(0, 1_000_000),
          "9000",
          "Number of the first worker; each further worker counts on.");
  final Setting<Pattern> blacklistEnvVars =
      chapter.row(
          "blacklist_env_vars",
          Syntax.regex(),
          Fallback.NONE,
          "Environment variables that workers must not see: a regular expression for the whole"
              + " name.");
  final Setting<List<String>> preloadModules =
      chapter.row(
          "preload_modules",
          Syntax.modules(),
          "",
          "Python modules that one process imports for all workers on the server's own"
              + " interpreter, which are then forked from it; none: each worker is a process of"
              + " its own from the beginning. Linux only.");
  final Setting<String> defaultWorkerGroup =
      chapter.row(
          "default_worker_group",
          Syntax.workerGroup(),
          Fallback.NONE,
          "Group of models whose `workerGroup` is not given: they share worker processes.");
  final Setting<Duration> heartbeatInterval =
      chapter.row(
          "heartbeat_interval",
          Syntax.seconds(),
          "10",
          "How often an idle worker is asked whether it is there, in seconds.");
  final Setting<Duration> heartbeatTimeout =
      chapter.row(
          "heartbeat_timeout",
          Syntax.seconds(),
          "30",
          "How long an idle worker may take to answer before it is replaced, in seconds.");
  final Setting<Boolean> ipexEnable =
      chapter.row(
          "ipex_enable",
          Syntax.bool(),
          "false",
          "Whether base handlers optimise models with Intel's extension, which has to be installed;"
              + " workers see it as TS_IPEX_ENABLE.");
  final Setting<Boolean> ipexGpuEnable =
      chapter.row(
          "ipex_gpu_enable",
          Syntax.bool(),
          "false",
          "Whether base handlers use Intel's GPUs; workers see it as TS_IPEX_GPU_ENABLE.");
  final Setting<Duration> workerConnectTimeout =
      chapter.row(
          "worker_connect_timeout",
          Syntax.seconds(),
          "60",
          "How long a started worker process may take to connect, in seconds.");

  {
    chapter.accepted(
        "initial_distribution_port",
        Syntax.whole(1, 65_535),
        Fallback.of("29500"),
        "First port of distributed workers.");
    chapter.later(
        "cpu_launcher_enable",
        Syntax.bool(),
        Fallback.of("false"),
        "Whether workers run under torch's CPU launcher.");
    chapter.accepted(
        "cpu_launcher_args", Syntax.text(), Fallback.NONE, "Arguments of torch's CPU launcher.");
    chapter.later(
        "debug", Syntax.bool(), Fallback.of("false"), "Whether a worker is started by hand.");
  }
}
