package ai.mariner.worker.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Cuts a process's output into lines. A line that never ends is cut where it gets too long, so
 * output can't fill the memory.
 */
final class LineReader {
  private static final int MAX_LINE_BYTES = 64 * 1024;
  private static final int MAX_CHARACTER_BYTES = 4;

  private final InputStream input;
  private final Consumer<String> lines;
  private final byte[] chunk = new byte[16 * 1024];
  private byte[] line = new byte[256];
  private int length;

  LineReader(InputStream input, Consumer<String> lines) {
    this.input = input;
    this.lines = lines;
  }

  /** Reads to the end of the output. */
  void readAll() {
    try {
      for (int read = input.read(chunk); read >= 0; read = input.read(chunk)) {
        for (int i = 0; i < read; i++) {
          take(chunk[i]);
        }
      }
    } catch (IOException e) {
      // The pipe of a killed process may break instead of ending; what was read counts.
    }
    if (length > 0) {
      emit();
    }
  }

  private void take(byte next) {
    if (next == '\n') {
      emit();
      return;
    }
    if (length == line.length) {
      if (length >= MAX_LINE_BYTES) {
        cut();
      } else {
        line = java.util.Arrays.copyOf(line, 2 * length);
      }
    }
    line[length++] = next;
  }

  private void emit() {
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    emit(end);
    length = 0;
  }

  /** Hands on what there is of an endless line, up to the last character that is whole. */
  private void cut() {
    int end = length;
    while (end > length - MAX_CHARACTER_BYTES && (line[end - 1] & 0xC0) == 0x80) {
      end--;
    }
    boolean startsCharacter = (line[end - 1] & 0xC0) == 0xC0;
    end = startsCharacter ? end - 1 : length;
    emit(end);
    System.arraycopy(line, end, line, 0, length - end);
    length -= end;
  }

  private void emit(int end) {
    lines.accept(new String(line, 0, end, StandardCharsets.UTF_8));
  }
}
