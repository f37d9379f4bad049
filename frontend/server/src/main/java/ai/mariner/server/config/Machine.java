package ai.mariner.server.config;

import ai.mariner.net.TlsMaterial;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/**
 * What the configuration has to know of the machine; handed in, so that loading it is a pure
 * function.
 *
 * @param processors logical CPUs that this process may use
 * @param gpus finds out how many GPUs there are; asked at most once
 * @param maxDirectBytes memory that the JVM may use outside its heap
 * @param runDirectory private folder for this run, which does not exist yet
 * @param isFolder whether a path is an existing folder
 * @param exists whether there is something at a path
 * @param tls reads the files of TLS
 */
public record Machine(
    int processors,
    IntSupplier gpus,
    long maxDirectBytes,
    Path runDirectory,
    Predicate<Path> isFolder,
    Predicate<Path> exists,
    TlsProbe tls) {
  private static final Duration GPU_PROBE_LIMIT = Duration.ofSeconds(10);

  /** The folder of all files that are not to be kept for long. */
  Path temporaryFolder() {
    Path parent = runDirectory.toAbsolutePath().getParent();
    return parent == null ? runDirectory : parent;
  }

  /** The machine that this process runs on. */
  public static Machine current(Map<String, String> environment) {
    List<String> command = List.of("nvidia-smi", "--query-gpu=index", "--format=csv,noheader");
    String run =
        "mariner-%d-%08x".formatted(ProcessHandle.current().pid(), new SecureRandom().nextInt());
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        new GpuProbe(environment, command, GPU_PROBE_LIMIT),
        directMemoryLimit(ManagementFactory.getRuntimeMXBean().getInputArguments()),
        Path.of(System.getProperty("java.io.tmpdir", "/tmp"), run),
        Files::isDirectory,
        Files::exists,
        TlsMaterial::read);
  }

  /** The JVM's own rule: what {@code -XX:MaxDirectMemorySize} says, else as much as the heap. */
  private static long directMemoryLimit(List<String> jvmArguments) {
    String flag = "-XX:MaxDirectMemorySize=";
    long limit = 0;
    for (String argument : jvmArguments) {
      if (argument.startsWith(flag)) {
        limit = Syntax.bytes(0, Long.MAX_VALUE).read(argument.substring(flag.length()));
      }
    }
    return limit > 0 ? limit : Runtime.getRuntime().maxMemory();
  }
}
