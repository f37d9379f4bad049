package ai.mariner.server.system;

import ai.mariner.core.worker.HostMemory;
import ai.mariner.server.metrics.MetricLine;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Processors, memory and disk. Within a container, the first two are the container's.
 *
 * @param lines makes the lines
 * @param memory tells the memory
 * @param disk a path of the file system that is measured
 */
record HostSource(Lines lines, HostMemory memory, Path disk) implements SystemSource {
  private static final double MEGABYTE = 1024.0 * 1024;
  private static final double GIGABYTE = 1024 * MEGABYTE;
  private static final double PERCENT = 100;

  /** Has the JVM note what processors have done so far, from which it measures. */
  static void begin() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      var unused = system.getCpuLoad();
    }
  }

  @Override
  public String who() {
    return "the server";
  }

  @Override
  public List<MetricLine> read() throws IOException {
    List<MetricLine> all = new ArrayList<>();
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      // The share since it was last asked; negative: not known yet.
      double load = system.getCpuLoad();
      if (load >= 0) {
        all.add(lines.ofHost("CPUUtilization", "Percent", PERCENT * load));
      }
    }
    HostMemory.Reading reading = memory.read();
    if (reading != null) {
      double used = (double) reading.totalBytes() - reading.availableBytes();
      all.add(lines.ofHost("MemoryUsed", "Megabytes", used / MEGABYTE));
      all.add(lines.ofHost("MemoryAvailable", "Megabytes", reading.availableBytes() / MEGABYTE));
      all.add(lines.ofHost("MemoryUtilization", "Percent", PERCENT * used / reading.totalBytes()));
    }
    FileStore store = Files.getFileStore(disk);
    double free = store.getUsableSpace();
    double used = (double) store.getTotalSpace() - store.getUnallocatedSpace();
    all.add(lines.ofHost("DiskUsage", "Gigabytes", used / GIGABYTE));
    all.add(lines.ofHost("DiskAvailable", "Gigabytes", free / GIGABYTE));
    // What is kept for the system's own use is in neither.
    all.add(lines.ofHost("DiskUtilization", "Percent", PERCENT * used / Math.max(1, used + free)));
    return all;
  }
}
