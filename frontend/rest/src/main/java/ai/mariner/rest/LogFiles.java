package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The server's own log files, read off the event loops. Thread-safe. */
public interface LogFiles {
  /** Names of the files, without their folders, with their sizes in bytes. */
  CompletionStage<Map<String, Long>> sizes();

  /**
   * The last lines of a file.
   *
   * @param name as {@link #sizes} tells it
   * @param lines how many at most
   * @return fails with {@code ROUTE_NOT_FOUND} when there is no such file
   */
  CompletionStage<Page> tail(String name, int lines);

  /**
   * The lines behind those of a page.
   *
   * @param name as {@link #sizes} tells it
   * @param position {@link Page#position}
   * @return fails with {@code BAD_REQUEST} when the position is none of this file's
   */
  CompletionStage<Page> after(String name, String position);

  /**
   * Lines of a file.
   *
   * @param text whole lines; at most 1 MiB
   * @param position where the lines behind them begin
   * @param begun whether a new file took the place of the one that the position was in
   */
  record Page(Body text, String position, boolean begun) {}

  /** Of a server that has none. */
  LogFiles NONE =
      new LogFiles() {
        @Override
        public CompletionStage<Map<String, Long>> sizes() {
          return CompletableFuture.completedStage(Map.of());
        }

        @Override
        public CompletionStage<Page> tail(String name, int lines) {
          return CompletableFuture.failedStage(unknown(name, List.of()));
        }

        @Override
        public CompletionStage<Page> after(String name, String position) {
          return CompletableFuture.failedStage(unknown(name, List.of()));
        }
      };

  /** The failure of a name that is none of the server's log files. */
  static ServeException unknown(String name, List<String> known) {
    return new ServeException(
        ErrorKind.ROUTE_NOT_FOUND,
        "file: "
            + Replies.printable(name)
            + " (expected: "
            + (known.isEmpty() ? "none, this server writes no log files" : String.join(", ", known))
            + ")");
  }
}
