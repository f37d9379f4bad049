package ai.mariner.rest;

import ai.mariner.core.message.Body;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One log file, {@code model_log.log}, of few lines. */
final class FakeLogFiles implements LogFiles {
  @Override
  public CompletionStage<Map<String, Long>> sizes() {
    return CompletableFuture.completedStage(Map.of("model_log.log", 12L));
  }

  @Override
  public CompletionStage<Page> tail(String name, int lines) {
    return page(name, "last " + lines + "\n", false);
  }

  @Override
  public CompletionStage<Page> after(String name, String position) {
    return page(name, "after " + position + "\n", true);
  }

  private static CompletionStage<Page> page(String name, String text, boolean begun) {
    return name.equals("model_log.log")
        ? CompletableFuture.completedStage(
            new Page(Body.of(text.getBytes(StandardCharsets.UTF_8)), "a-7", begun))
        : CompletableFuture.failedStage(LogFiles.unknown(name, List.of("model_log.log")));
  }
}
