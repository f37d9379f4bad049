package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.rest.LogFiles.Page;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogPagesTest {
  @TempDir Path folder;
  private Path file;
  private LogPages pages;

  @BeforeEach
  void aFile() throws IOException {
    file = folder.resolve("a.log");
    Files.writeString(file, "one\ntwo\nthree\nhal");
    Map<String, Path> files = Map.of("a.log", file, "gone.log", folder.resolve("gone.log"));
    pages = new LogPages(Runnable::run, () -> files, () -> {});
  }

  private static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static String text(Page page) {
    return StandardCharsets.UTF_8.decode(page.text().bytes()).toString();
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  @Test
  void wholeLinesAreReadFromTheEndAndThenOn() throws IOException {
    Page last = now(pages.tail("a.log", 2));
    assertThat(text(last)).isEqualTo("two\nthree\n");
    assertThat(text(now(pages.tail("a.log", 3)))).isEqualTo("one\ntwo\nthree\n");
    assertThat(text(now(pages.tail("a.log", 9)))).isEqualTo("one\ntwo\nthree\n");
    assertThat(text(now(pages.after("a.log", last.position())))).isEmpty();
    append("f\nfour\n");
    Page next = now(pages.after("a.log", last.position()));
    assertThat(text(next)).isEqualTo("half\nfour\n");
    assertThat(next.begun()).isFalse();
  }

  @Test
  void aNewFileInItsPlaceIsReadFromItsBeginning() throws IOException {
    Page last = now(pages.tail("a.log", 1));
    Files.move(file, folder.resolve("a.1.log"));
    Files.writeString(file, "new\n");
    Page next = now(pages.after("a.log", last.position()));
    assertThat(text(next)).isEqualTo("new\n");
    assertThat(next.begun()).isTrue();
  }

  @Test
  void pagesAreBoundedAndLongLinesDoNotEndThem() throws IOException {
    String line = "x".repeat(1 << 19) + "\n";
    Files.writeString(file, line + line + line);
    assertThat(text(now(pages.tail("a.log", 10)))).isEqualTo(line);
    Files.writeString(file, "x".repeat(3 << 20));
    Page none = now(pages.tail("a.log", 10));
    assertThat(text(none)).isEmpty();
    String key = none.position().substring(0, none.position().indexOf('-'));
    Page cut = now(pages.after("a.log", key + "-0"));
    assertThat(cut.text().size()).isEqualTo(1 << 20);
    assertThat(cut.position()).isEqualTo(key + '-' + (1 << 20));
  }

  @Test
  void onlyTheServersOwnFilesAreThere() {
    assertThat(now(pages.sizes())).containsExactly(Map.entry("a.log", 17L));
    for (String name : new String[] {"../a.log", "b.log", ""}) {
      assertThatThrownBy(() -> now(pages.tail(name, 1)))
          .hasMessageContaining("(expected: a.log, gone.log)");
    }
    assertThatThrownBy(() -> now(pages.tail("gone.log", 1))).hasMessageContaining("is not there");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "7", "a-", "a--1", "zz-1", "a-99999999999999999999"})
  void aPositionOfAnotherKindIsRefused(String position) {
    assertThatThrownBy(() -> now(pages.after("a.log", position)))
        .hasMessageContaining("X-Log-Position");
  }
}
