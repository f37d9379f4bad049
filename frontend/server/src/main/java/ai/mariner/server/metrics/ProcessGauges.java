package ai.mariner.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.util.internal.PlatformDependent;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.RuntimeMXBean;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** What the process itself uses; read when the page is asked for. */
final class ProcessGauges {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final int KIB = 1024;
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessGauges() {}

  static void register(PrometheusRegistry registry, LongSupplier nettyDirectBytes) {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    gauge("jvm_heap_used_bytes", "Heap in use.")
        .callback(point -> point.call((double) memory.getHeapMemoryUsage().getUsed()))
        .register(registry);
    gauge("jvm_direct_memory_used_bytes", "Direct buffers of the JVM.")
        .callback(point -> point.call((double) directBytes()))
        .register(registry);
    gauge("mariner_netty_direct_bytes", "Network buffers outside the heap.")
        .callback(point -> point.call((double) nettyDirectBytes.getAsLong()))
        .register(registry);
    gauge("jvm_threads", "Threads of the JVM.")
        .callback(point -> point.call(threads.getThreadCount()))
        .register(registry);
    gauge("process_start_time_seconds", "Start of the process, in Unix time.")
        .callback(point -> point.call(runtime.getStartTime() / MILLIS_PER_SECOND))
        .register(registry);
    gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.")
        .callback(point -> residentBytes().ifPresent(point::call))
        .register(registry);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
      gauge("process_open_fds", "Open files and sockets.")
          .callback(point -> point.call((double) system.getOpenFileDescriptorCount()))
          .register(registry);
      gauge("process_max_fds", "Most open files and sockets.")
          .callback(point -> point.call((double) system.getMaxFileDescriptorCount()))
          .register(registry);
      CounterWithCallback.builder()
          .name("process_cpu_seconds_total")
          .help("CPU time of the process.")
          .callback(point -> point.call(system.getProcessCpuTime() / NANOS_PER_SECOND))
          .register(registry);
    }
  }

  private static GaugeWithCallback.Builder gauge(String name, String help) {
    return GaugeWithCallback.builder().name(name).help(help);
  }

  /**
   * The JDK counts the buffers that it made; Netty makes its own where it may, and counts these.
   */
  private static long directBytes() {
    long ofNetty = Math.max(0, PlatformDependent.usedDirectMemory()); // -1: it makes none
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      if (pool.getName().equals("direct")) {
        return pool.getMemoryUsed() + ofNetty;
      }
    }
    return ofNetty;
  }

  /** Linux only; elsewhere there is no such series. */
  private static OptionalLong residentBytes() {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty();
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
