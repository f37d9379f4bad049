package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.net.Transport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outboxes that are none, or hold what is no frame. */
@EnabledOnOs(OS.LINUX)
class OutboxTest {
  /** A worker that dies with this in its outbox. */
  private static final String DIES =
      """
      import os, struct

      fd = os.memfd_create("mariner-outbox")
      good = frame(RESULT, 1, 1, 1, item(1, b"kept"))
      def outbox(size, data):
          os.pwrite(fd, struct.pack("=II", size, 0) + data, 0)
      %s
      c = stranger()
      c.sendall(hello(outbox=fd))
      receive(c)
      os._exit(0)
      """;

  @TempDir Path folder;

  private List<String> eventsOf(String script) throws Exception {
    try (LinkRig rig = LinkRig.scripted(Transport.detect(), folder, script)) {
      return rig.start(9000, link -> link.heartbeat(1)).events().toEnd();
    }
  }

  @Test
  void framesAreToldAfterTheEndOfTheConnection() throws Exception {
    assertThat(eventsOf(DIES.formatted("outbox(len(good), good)")))
        .containsExactly(
            "connected",
            "replied 1 1=kept ended",
            "disconnected: the connection ended",
            "exited with code 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pass",
        "outbox(0, good)",
        "outbox(len(good) - 1, good)",
        "outbox(2 ** 32 - 1, b'')",
        "outbox(2 ** 31, b'')",
        "outbox(100, bytes(100))",
        "outbox(40, b'\\xff' * 40)",
        "os.close(fd)",
        "fd = os.open('/dev/zero', os.O_RDONLY)",
        "fd = os.open('/proc/self/mem', os.O_RDONLY)",
        "fd = '../../1/fd/0'",
        "fd = ''",
        "fd = 'x' * 10000",
      })
  void whatIsNoFrameOrNoOutboxIsNotTold(String content) throws Exception {
    assertThat(eventsOf(DIES.formatted(content)))
        .containsExactly("connected", "disconnected: the connection ended", "exited with code 0");
  }
}
