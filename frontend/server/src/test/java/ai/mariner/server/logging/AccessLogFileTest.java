package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class AccessLogFileTest {
  private final List<String> written = Collections.synchronizedList(new ArrayList<>());

  @Test
  void writesTorchServesLine() {
    try (AccessLogFile log = new AccessLogFile(written::add, () -> {}, 10)) {
      log.line("127.0.0.1:34602", "POST /predictions/echo?a=1 HTTP/1.1", 200, 3);
      log.line("/[::1]:5", "GET /ping HTTP/1.1", 413, 0);
    }
    assertThat(written)
        .containsExactly(
            "/127.0.0.1:34602 \"POST /predictions/echo?a=1 HTTP/1.1\" 200 3",
            "/[::1]:5 \"GET /ping HTTP/1.1\" 413 0");
  }

  @Test
  void flushesOnceAfterTheLinesThatWaitedTogether() throws InterruptedException {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AccessLogFile log =
        new AccessLogFile(
            text -> {
              writing.countDown();
              awaitQuietly(release);
              written.add("line");
            },
            () -> written.add("flush"),
            10);
    log.line("a", "first", 200, 0);
    writing.await();
    log.line("a", "second", 200, 0);
    log.line("a", "third", 200, 0);
    release.countDown();
    log.close();

    assertThat(written).containsExactly("line", "line", "line", "flush");
  }

  @Test
  void aClientCannotForgeLines() {
    try (AccessLogFile log = new AccessLogFile(written::add, () -> {}, 10)) {
      log.line("1.2.3.4:5", "GET /a\r\nfaked HTTP/1.1", 404, 1);
    }
    assertThat(written).containsExactly("/1.2.3.4:5 \"GET /a??faked HTTP/1.1\" 404 1");
  }

  @Test
  void dropsAndCountsWhatFindsNoRoom() throws InterruptedException {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AccessLogFile log =
        new AccessLogFile(
            text -> {
              writing.countDown();
              awaitQuietly(release);
              written.add(text);
            },
            () -> {},
            5);
    log.line("a", "first", 200, 0);
    writing.await();
    for (int i = 0; i < 8; i++) {
      log.line("a", "more " + i, 200, 0);
    }
    assertThat(log.dropped()).isEqualTo(3);
    release.countDown();
    log.close();
    assertThat(written).hasSize(6).last().asString().contains("more 4");
    log.line("a", "after the end", 200, 0);
    assertThat(log.dropped()).isEqualTo(4);
  }

  @Test
  void linesOfOneThreadKeepTheirOrder() {
    int count = 5000;
    try (AccessLogFile log = new AccessLogFile(written::add, () -> {}, count)) {
      for (int i = 0; i < count; i++) {
        log.line("a", "r", 200, i);
      }
    }
    assertThat(written).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(written.get(i)).endsWith(" 200 " + i);
    }
  }

  @Test
  void aFailingLogDoesNotEndTheWriter() {
    AccessLogFile log =
        new AccessLogFile(
            text -> {
              if (text.contains("bad")) {
                throw new IllegalStateException("disk is full");
              }
              written.add(text);
            },
            () -> {},
            10);
    log.line("a", "bad", 200, 0);
    log.line("a", "good", 200, 0);
    log.close();
    assertThat(written).containsExactly("/a \"good\" 200 0");
    assertThat(log.dropped()).isEqualTo(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
