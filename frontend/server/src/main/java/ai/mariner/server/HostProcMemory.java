package ai.mariner.server;

import ai.mariner.core.worker.HostMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the machine as Linux tells it, bounded by the control groups (of version 2, else 1)
 * that this process is in; unknown elsewhere.
 *
 * @param proc where the kernel shows its processes
 * @param groups where the control groups are mounted
 */
record HostProcMemory(Path proc, Path groups) implements HostMemory {
  private static final Pattern TOTAL = Pattern.compile("(?m)^MemTotal:\\s+(\\d+) kB$");
  private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable:\\s+(\\d+) kB$");
  private static final Pattern UNIFIED = Pattern.compile("(?m)^0::(/.*)$");
  private static final Pattern MEMORY_GROUP = Pattern.compile("(?m)^\\d+:[^:]*memory[^:]*:(/.*)$");
  private static final Pattern CACHE = Pattern.compile("(?m)^(?:total_)?inactive_file (\\d+)$");

  /** Names of the files of a control group. */
  private record Names(String limit, String usage) {
    static final Names UNIFIED = new Names("memory.max", "memory.current");
    static final Names FIRST = new Names("memory.limit_in_bytes", "memory.usage_in_bytes");
  }

  static HostProcMemory ofThisSystem() {
    return new HostProcMemory(Path.of("/proc"), Path.of("/sys/fs/cgroup"));
  }

  @Override
  public @Nullable Reading read() {
    String machine = text(proc.resolve("meminfo"));
    Long total = number(TOTAL, machine);
    Long available = number(AVAILABLE, machine);
    if (total == null || available == null) {
      return null;
    }
    Reading least = new Reading(available * 1024, total * 1024);
    String own = text(proc.resolve("self/cgroup"));
    Matcher unified = UNIFIED.matcher(own);
    if (unified.find()) {
      least = bounded(least, groups, unified.group(1), Names.UNIFIED);
    }
    Matcher first = MEMORY_GROUP.matcher(own);
    if (first.find()) {
      least = bounded(least, groups.resolve("memory"), first.group(1), Names.FIRST);
    }
    return least;
  }

  /** Every group on the way up has a say; in a container the top of the mount is the own group. */
  private static Reading bounded(Reading reading, Path mount, String group, Names names) {
    Reading least = reading;
    Path folder = mount.resolve(group.substring(1)).normalize();
    while (folder != null && folder.startsWith(mount)) {
      least = bounded(least, folder, names);
      folder = folder.getParent();
    }
    return least;
  }

  private static Reading bounded(Reading reading, Path folder, Names names) {
    Long limit = bytes(folder.resolve(names.limit()));
    Long usage = bytes(folder.resolve(names.usage()));
    if (limit == null || usage == null || limit >= reading.totalBytes()) {
      return reading;
    }
    // The kernel gives up cached files before it kills anybody.
    Long cache = number(CACHE, text(folder.resolve("memory.stat")));
    long available = Math.max(0, limit - usage + (cache == null ? 0 : cache));
    return new Reading(Math.min(reading.availableBytes(), available), limit);
  }

  private static @Nullable Long bytes(Path file) {
    String text = text(file).strip();
    // A group without a limit says "max".
    return text.matches("\\d{1,18}") ? Long.valueOf(text) : null;
  }

  private static @Nullable Long number(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Long.valueOf(matcher.group(1)) : null;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      // This is no Linux, or there is no such group.
      return "";
    }
  }
}
