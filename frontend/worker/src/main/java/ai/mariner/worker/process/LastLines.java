package ai.mariner.worker.process;

import java.util.ArrayDeque;

/** The last lines that a process wrote, bounded in number and size. Thread-safe. */
final class LastLines {
  private static final int MAX_LINES = 60;
  private static final int MAX_CHARS = 8192;

  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private int chars;

  synchronized void add(String line) {
    String kept = line.length() > MAX_CHARS / 4 ? line.substring(0, MAX_CHARS / 4) + '…' : line;
    lines.addLast(kept);
    chars += kept.length() + 1;
    while (lines.size() > MAX_LINES || chars > MAX_CHARS) {
      chars -= lines.removeFirst().length() + 1;
    }
  }

  synchronized String text() {
    return String.join("\n", lines);
  }
}
