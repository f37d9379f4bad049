package ai.mariner.server;

import ai.mariner.core.worker.ResidentMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory of processes as Linux tells it; unknown elsewhere.
 *
 * @param proc where the kernel shows its processes
 */
record ProcMemory(Path proc) implements ResidentMemory {
  private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");

  @Override
  public long bytesOf(long pid) {
    try {
      Matcher resident =
          RESIDENT.matcher(Files.readString(proc.resolve(Long.toString(pid)).resolve("status")));
      return resident.find() ? Long.parseLong(resident.group(1)) * 1024 : 0;
    } catch (IOException e) {
      // The process has ended meanwhile, or this is no Linux.
      return 0;
    }
  }
}
