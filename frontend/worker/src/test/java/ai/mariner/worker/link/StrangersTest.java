package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.net.Transport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections that are not what they should be, and the ones beside them. */
class StrangersTest {
  private static final String ENDED = "disconnected: the connection ended";

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Transport.class)
  void refusesStrangersAndGoesOnWithTheRest(Transport transport) throws Exception {
    String script =
        """
        strangers = [
            hello(nonce="00" * 16), hello(nonce=""), hello(worker="9999"), hello(worker=""),
            hello(generation="2"), hello(protocol="2"), hello(pid="me"), frame(HELLO),
            b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n", bytes(64), b"\\xff" * 64,
            frame(RESULT, 1, 1, 1, item(1, b"x")), frame(LOADED, payload=fields(status="ok")),
            frame(HEARTBEAT, run=1), frame(PREDICT, 1, 1), frame(HELLO)[:20] + b"\\0\\0\\0\\1" + b"\\1",
            struct.pack(">IBBHIQI", 0x7FFFFFF0, 1, RESULT, 0, 1, 1, 0x10000),
            struct.pack(">IBBHIQI", 0x00FFFFF0, 1, HELLO, 0, 0, 0, 0),
        ]
        first = connect()
        for number, data in enumerate(strangers):
            other = stranger()
            other.sendall(data)
            if data[:20] == frame(HELLO)[:20] and len(data) == 25:
                other.shutdown(socket.SHUT_WR)
            if not refused(other):
                sys.exit(100 + number)
        again = stranger()
        again.sendall(hello())
        if not refused(again):
            sys.exit(99)
        first.sendall(frame(RESULT, 1, 1, 1, item(1, b"still here")))
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      assertThat(rig.start(9000, link -> {}).events().toEnd())
          .as(() -> rig.lines.toString())
          .containsExactly(
              "connected", "replied 1 1=still here ended", ENDED, "exited with code 0");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void acceptsTheRightWorkerAfterAWrongAttempt(Transport transport) throws Exception {
    String script =
        """
        liar = stranger()
        liar.sendall(hello(nonce="f" * 32))
        sys.exit(0 if refused(liar) and connect() else 9)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      List<String> events = rig.start(9000, link -> {}).events().toEnd();
      assertThat(events.get(events.size() - 1)).isEqualTo("exited with code 0");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void endsAConnectionThatSaysHelloTwice(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        c.sendall(hello())
        sys.exit(0 if refused(c) else 1)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      assertThat(rig.start(9000, link -> {}).events().toEnd())
          .containsExactly(
              "connected", "disconnected: protocol error: a second HELLO", "exited with code 0");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void endsAConnectionWhoseFramesAreBrokenAfterTellingTheGoodOnes(Transport transport)
      throws Exception {
    String script =
        """
        c = connect()
        c.sendall(frame(RESULT, 1, 4, 1, item(1, b"good"), flags=1) + b"\\0\\0\\0\\1" * 20)
        sys.exit(0 if refused(c) else 1)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      assertThat(rig.start(9000, link -> {}).events().toEnd())
          .containsExactly(
              "connected",
              "replied 4 1=good ended spent",
              "disconnected: protocol error: length: 1 (expected: 20 to 2147483643)",
              "exited with code 0");
    }
  }
}
