package ai.mariner.server.logging;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.rest.LogFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files that the loggers write, under an operator's own configuration of Log4j as well; nothing
 * else can be read.
 */
public final class LogPages implements LogFiles {
  private static final int MOST_BYTES = 1 << 20;
  private static final Pattern POSITION = Pattern.compile("([0-9a-f]{1,8})-(\\d{1,18})");

  private final Executor executor;
  private final Supplier<Map<String, Path>> files;
  private final Runnable flush;

  /**
   * The files of Log4j's configuration.
   *
   * @param executor runs what waits for the disk
   */
  public LogPages(Executor executor) {
    this(executor, ServerLogs::files, ServerLogs::flushAll);
  }

  LogPages(Executor executor, Supplier<Map<String, Path>> files, Runnable flush) {
    this.executor = executor;
    this.files = files;
    this.flush = flush;
  }

  @Override
  public CompletionStage<Map<String, Long>> sizes() {
    return run(
        () -> {
          Map<String, Long> sizes = new LinkedHashMap<>();
          for (Map.Entry<String, Path> file : files.get().entrySet()) {
            if (Files.isRegularFile(file.getValue())) {
              sizes.put(file.getKey(), Files.size(file.getValue()));
            }
          }
          return sizes;
        });
  }

  @Override
  public CompletionStage<Page> tail(String name, int lines) {
    return run(
        () -> {
          Path path = path(name);
          try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            String key = key(path);
            long from = Math.max(0, file.length() - MOST_BYTES);
            byte[] bytes = bytes(file, from);
            int end = endOfLines(bytes, bytes.length);
            int begin = begin(bytes, end, lines, from == 0);
            return page(bytes, begin, end, key, from + end, false);
          }
        });
  }

  @Override
  public CompletionStage<Page> after(String name, String position) {
    return run(
        () -> {
          Matcher read = POSITION.matcher(position);
          if (!read.matches()) {
            throw new ServeException(
                ErrorKind.BAD_REQUEST,
                "position: not one of this server (expected: the header X-Log-Position of an"
                    + " earlier answer)");
          }
          Path path = path(name);
          try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            String key = key(path);
            long told = Long.parseLong(read.group(2));
            boolean begun = !key.equals(read.group(1)) || told > file.length();
            long from = begun ? 0 : told;
            byte[] bytes = bytes(file, from);
            // A line that is longer than a page is cut, or there would be no way past it.
            int end = endOfLines(bytes, bytes.length == MOST_BYTES ? MOST_BYTES : 0);
            return page(bytes, 0, end, key, from + end, begun);
          }
        });
  }

  private Path path(String name) {
    Map<String, Path> known = files.get();
    Path path = known.get(name);
    if (path == null) {
      throw LogFiles.unknown(name, List.copyOf(new TreeMap<>(known).keySet()));
    }
    flush.run();
    return path;
  }

  private static byte[] bytes(RandomAccessFile file, long from) throws IOException {
    byte[] bytes = new byte[(int) Math.min(MOST_BYTES, Math.max(0, file.length() - from))];
    file.seek(from);
    file.readFully(bytes);
    return bytes;
  }

  /** Where the last whole line ends. */
  private static int endOfLines(byte[] bytes, int otherwise) {
    for (int i = bytes.length; i > 0; i--) {
      if (bytes[i - 1] == '\n') {
        return i;
      }
    }
    return otherwise;
  }

  /** Where the last so many lines begin; the first of a page may be the end of a line only. */
  private static int begin(byte[] bytes, int end, int lines, boolean whole) {
    int left = lines;
    for (int i = end - 1; i > 0; i--) {
      if (bytes[i - 1] == '\n' && --left == 0) {
        return i;
      }
    }
    if (whole) {
      return 0;
    }
    int first = 0;
    while (first < end && bytes[first] != '\n') {
      first++;
    }
    return Math.min(end, first + 1);
  }

  private static Page page(
      byte[] bytes, int begin, int end, String key, long position, boolean begun) {
    return new Page(Body.of(Arrays.copyOfRange(bytes, begin, end)), key + '-' + position, begun);
  }

  /** Tells a file from the one that took its name. */
  private static String key(Path path) throws IOException {
    BasicFileAttributes facts = Files.readAttributes(path, BasicFileAttributes.class);
    return Integer.toHexString(String.valueOf(facts.fileKey()).hashCode());
  }

  private <T> CompletionStage<T> run(Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    executor.execute(
        () -> {
          try {
            result.complete(task.call());
          } catch (NoSuchFileException | FileNotFoundException e) {
            result.completeExceptionally(
                new ServeException(
                    ErrorKind.ROUTE_NOT_FOUND, "The log file is not there: " + e.getMessage()));
          } catch (IOException e) {
            result.completeExceptionally(new UncheckedIOException(e));
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }
}
