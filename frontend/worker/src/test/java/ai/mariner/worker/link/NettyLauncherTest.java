package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.net.NettyBody;
import ai.mariner.net.Transport;
import ai.mariner.worker.TestWorkers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Links to real processes over real sockets. */
class NettyLauncherTest {
  private static final String ENDED = "disconnected: the connection ended";

  @TempDir Path folder;

  private static Body text(String text) {
    return Body.of(text.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void tellsALifeInOrder(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        kind, model, *_ = receive(c)
        assert kind == LOAD
        c.sendall(frame(LOADED, model=model, payload=fields(status="ok", mode="serial", slots=1)))
        kind, model, run, count, _ = receive(c)
        assert (kind, model, count) == (PREDICT, 5, 1)
        c.sendall(frame(PIECE, model, run, 1, item(11, b"first")))
        c.sendall(frame(RESULT, model, run, 1, item(11, b"last")))
        sys.exit(7)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      var started =
          rig.start(
              9000,
              link -> {
                link.load(new LoadCommand(5, Map.of("model_name", "m")));
                link.run(21, Operation.PREDICT, LinkRig.batch(11, text("in")));
              });
      assertThat(started.events().toEnd())
          .containsExactly(
              "connected",
              "loaded serial 1",
              "replied 21 11=first",
              "replied 21 11=last ended",
              ENDED,
              "exited with code 7");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void readsTheLinkToItsEndBeforeTheExitIsTold(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        for n in range(300):
            c.sendall(frame(RESULT, 1, n, 2, item(1, b"x" * 30000) + item(2, b"y")))
        os._exit(3)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      List<String> events = rig.start(9000, link -> {}).events().toEnd();
      assertThat(events).hasSize(303);
      assertThat(events.get(300)).isEqualTo("replied 299 1=30000 bytes 2=y ended");
      assertThat(events.subList(301, 303)).containsExactly(ENDED, "exited with code 3");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void carriesEveryCommand(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        while (got := receive(c)) is not None:
            kind, model, run, count, payload = got
            if kind == HEARTBEAT:
                c.sendall(frame(HEARTBEAT, model, run))
            elif kind == STOP:
                sys.exit(5)
            else:
                told = f"{kind:02x} {model} {run} {count} {payload.hex()}".encode()
                c.sendall(frame(RESULT, model, run, 1, item(0, told)))
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      var started =
          rig.start(
              9000,
              link -> {
                link.load(new LoadCommand(6, Map.of("a", "b")));
                link.credit(2, 3, 4);
                link.cancel(5, 6, WorkerLink.CancelReason.DEADLINE);
                link.heartbeat(77);
                link.stop();
              });
      assertThat(started.events().toEnd())
          .containsExactly(
              "connected",
              "replied 0 0=10 6 0 0 0001000000016162 ended",
              "replied 2 0=25 6 2 1 000000000000000300000004 ended",
              "replied 5 0=26 6 5 1 000000000000000602 ended",
              "heartbeat 77",
              ENDED,
              "exited with code 5");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void carriesLargeBodiesOfBothKinds(Transport transport) throws Exception {
    String script =
        """
        import zlib
        c = connect()
        for _ in range(3):
            _, model, run, _, payload = receive(c)
            body = payload[44:]
            told = f"{len(body)} {zlib.crc32(body)}".encode()
            c.sendall(frame(RESULT, model, run, 1, item(run, told)))
        """;
    byte[] bytes = new byte[3_000_001];
    new Random(1).nextBytes(bytes);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      var started =
          rig.start(
              9000,
              link -> {
                List<LinkRig.Item> items = LinkRig.batch(1, NettyBody.owning(buffer));
                link.run(1, Operation.PREDICT, items);
                link.run(2, Operation.PREDICT, LinkRig.batch(2, Body.of(bytes)));
                link.run(3, Operation.PREDICT, LinkRig.batch(3, Body.empty()));
                items.get(0).request().release();
              });
      String told = bytes.length + " " + crc.getValue() + " ended";
      assertThat(started.events().toEnd())
          .containsExactly(
              "connected",
              "replied 1 1=" + told,
              "replied 2 2=" + told,
              "replied 3 3=0 0 ended",
              ENDED,
              "exited with code 0");
    }
    assertThat(buffer.refCnt()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void closesTheLinkWhenAsked(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        sys.exit(0 if receive(c) is None else 1)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      assertThat(
              rig.start(
                      9000,
                      link -> {
                        link.close();
                        // Writes that come too late are dropped.
                        link.run(1, Operation.PREDICT, LinkRig.batch(1, text("late")));
                      })
                  .events()
                  .toEnd())
          .hasSize(3)
          .startsWith("connected")
          .endsWith("exited with code 0");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void tellsTheEndEvenIfAChildHoldsTheLink(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        receive(c)
        if os.fork() == 0:
            os.close(1)
            os.close(2)
            exactly(c, 1)
            os._exit(0)
        os._exit(4)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      assertThat(rig.start(9000, link -> link.heartbeat(1)).events().toEnd())
          .containsExactly("connected", ENDED, "exited with code 4");
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void keepsTheWorkersOfOneLoopApart(Transport transport) throws Exception {
    String script =
        """
        c = connect()
        _, model, run, *_ = receive(c)
        c.sendall(frame(RESULT, model, run, 1, item(1, os.environ["MARINER_WORKER"].encode())))
        receive(c)
        """;
    try (LinkRig rig = LinkRig.scripted(transport, folder, script)) {
      List<LinkRig.Started> workers =
          List.of(9000, 9001, 9002).stream()
              .map(
                  id ->
                      rig.start(
                          id,
                          link -> {
                            link.run(id, Operation.PREDICT, LinkRig.batch(1, text("who?")));
                            link.stop();
                          }))
              .toList();
      for (int i = 0; i < 3; i++) {
        int id = 9000 + i;
        assertThat(workers.get(i).events().toEnd())
            .containsExactly(
                "connected", "replied " + id + " 1=" + id + " ended", ENDED, "exited with code 0");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void removesItsSocketsAndStartsNothingMore(Transport transport) throws Exception {
    LinkRig rig = LinkRig.scripted(transport, folder, "connect()");
    try (rig) {
      assertThat(Files.exists(rig.sockets().resolve("w0.sock"))).isTrue();
      rig.launcher.close();
      assertThat(rig.sockets()).isEmptyDirectory();
      assertThat(rig.start(9000, link -> {}).events().toEnd())
          .isEqualTo(
              Collections.singletonList("could not be started: the server is shutting down"));
    }
  }

  @ParameterizedTest
  @EnumSource(Transport.class)
  void saysWhyAProcessCouldNotBeStarted(Transport transport) throws Exception {
    Path nowhere = folder.resolve("no/such/python");
    Path home = TestWorkers.scripted(folder.resolve("home"), "connect()");
    try (LinkRig rig = new LinkRig(transport, folder, nowhere, home)) {
      List<String> events = rig.start(9000, link -> {}).events().toEnd();
      assertThat(events).hasSize(1);
      assertThat(events.get(0))
          .startsWith("could not be started: ")
          .contains(nowhere.toString(), "No such file or directory");
    }
  }
}
