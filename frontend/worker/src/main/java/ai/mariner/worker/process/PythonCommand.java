package ai.mariner.worker.process;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.worker.PythonEnvironment;
import ai.mariner.core.worker.Spread;
import ai.mariner.core.worker.WorkerLaunch;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Command line and environment of a worker.
 *
 * @param arguments program and arguments
 * @param environment the whole environment
 */
record PythonCommand(List<String> arguments, Map<String, String> environment) {
  private static final List<String> GROUP_VARIABLES = List.of("RANK", "WORLD_SIZE");

  private static final String DEVICES = "CUDA_VISIBLE_DEVICES";

  private static final String SOCKET = "MARINER_SOCKET";
  private static final String WORKER = "MARINER_WORKER";
  private static final String GENERATION = "MARINER_GENERATION";
  private static final String NONCE = "MARINER_NONCE";
  private static final Set<String> IDENTITY = Set.of(SOCKET, WORKER, GENERATION, NONCE);

  private static final String MMAP_THRESHOLD = "MALLOC_MMAP_THRESHOLD_";
  private static final String TRIM_THRESHOLD = "MALLOC_TRIM_THRESHOLD_";
  private static final String TUNABLES = "GLIBC_TUNABLES";

  private static final Set<String> PACKAGE_FOLDERS = Set.of("site-packages", "dist-packages");

  /**
   * Builds the command of a launch.
   *
   * @param config interpreter and what to hide
   * @param launch which worker
   * @param socket where it connects to
   * @param nonce what it proves itself with
   * @param inherited the server's own environment
   */
  static PythonCommand of(
      WorkerConfig config,
      WorkerLaunch launch,
      Path socket,
      String nonce,
      Map<String, String> inherited) {
    Map<String, String> environment = config.visible(inherited);
    // A server that was itself started in a group must not make its workers think they are one.
    environment.keySet().removeAll(GROUP_VARIABLES);
    PythonEnvironment own = launch.environment();
    String pythonPath =
        pythonPath(
            own == null ? null : own.packages(),
            environment.get("PYTHONPATH"),
            config.serverHome());
    if (!pythonPath.isEmpty()) {
      environment.put("PYTHONPATH", pythonPath);
    }
    keepFreedMemory(environment);
    // A file in the model's folder must not stand in for a module that the worker itself needs; the
    // worker puts the
    // folder on its path when it loads the model, and takes this variable away from what the
    // handler starts.
    environment.put("PYTHONSAFEPATH", "1");
    environment.put(SOCKET, socket.toString());
    environment.put(WORKER, Integer.toString(launch.workerId()));
    environment.put(GENERATION, Integer.toString(launch.generation()));
    environment.put(NONCE, nonce);
    environment.putAll(config.variables());
    environment.put("TS_DECODE_INPUT_REQUEST", Boolean.toString(config.decodeInputRequest()));
    List<String> arguments = new ArrayList<>(List.of(python(config, launch), "-u", "-m"));
    Spread spread = launch.spread();
    if (spread != null) {
      seeDevices(spread, environment);
    }
    if (spread != null && spread.torchrun() != null) {
      environment.put("OMP_NUM_THREADS", Integer.toString(spread.torchrun().threads()));
      arguments.add("ts._worker.ranks");
      arguments.addAll(TorchrunOptions.of(launch, spread.size(), spread.torchrun(), socket));
      arguments.addAll(List.of("-m", "ts._worker"));
    } else {
      arguments.add("ts._worker");
    }
    return new PythonCommand(List.copyOf(arguments), environment);
  }

  /** Shows the worker no other devices than its own, whose numbers count those the server sees. */
  private static void seeDevices(Spread spread, Map<String, String> environment) {
    if (spread.devices().isEmpty()) {
      return;
    }
    String visible = environment.getOrDefault(DEVICES, "");
    List<String> names = visible.isBlank() ? List.of() : List.of(visible.split(","));
    List<String> own = new ArrayList<>();
    for (int device : spread.devices()) {
      own.add(device < names.size() ? names.get(device).strip() : Integer.toString(device));
    }
    environment.put(DEVICES, String.join(",", own));
  }

  private static String python(WorkerConfig config, WorkerLaunch launch) {
    PythonEnvironment own = launch.environment();
    Path interpreter = own == null ? null : own.interpreter();
    if (interpreter != null) {
      return interpreter.toString();
    }
    return launch.runtime().equals("python3") ? "python3" : config.python().toString();
  }

  /** Whether a worker runs on the server's own interpreter, with no other packages than others. */
  static boolean ownInterpreter(WorkerLaunch launch) {
    return !launch.runtime().equals("python3") && launch.environment() == null;
  }

  /** What tells this worker from others: the variables that its fork server must not have. */
  Map<String, String> identity() {
    Map<String, String> own = new HashMap<>(environment);
    own.keySet().retainAll(IDENTITY);
    return own;
  }

  /** The same program with what all workers have in common. */
  PythonCommand shared() {
    Map<String, String> common = new HashMap<>(environment);
    common.keySet().removeAll(IDENTITY);
    return new PythonCommand(arguments, common);
  }

  /**
   * Lets glibc keep what a batch frees, since the next one asks for it again and pays a fault for
   * each page that was given back. glibc raises these thresholds by itself, up to these values, but
   * only after blocks of that size were freed. Whoever has set any of them knows better.
   */
  private static void keepFreedMemory(Map<String, String> environment) {
    if (environment.containsKey(MMAP_THRESHOLD)
        || environment.containsKey(TRIM_THRESHOLD)
        || environment.getOrDefault(TUNABLES, "").contains("glibc.malloc.")) {
      return;
    }
    environment.put(MMAP_THRESHOLD, Integer.toString(32 << 20));
    environment.put(TRIM_THRESHOLD, Integer.toString(64 << 20));
  }

  /**
   * The model's packages, the server's own path, then the folder that holds {@code ts}, unless the
   * interpreter looks there anyway: packages on this path come before the standard library.
   */
  private static String pythonPath(@Nullable Path packages, @Nullable String own, Path serverHome) {
    List<String> entries = new ArrayList<>();
    if (packages != null) {
      entries.add(packages.toString());
    }
    if (own != null && !own.isEmpty()) {
      entries.add(own);
    }
    Path name = serverHome.getFileName();
    if (name == null || !PACKAGE_FOLDERS.contains(name.toString())) {
      entries.add(serverHome.toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
