package ai.mariner.worker.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Operation;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.net.Transport;
import ai.mariner.worker.TestWorkers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real worker at the other end, with handlers that need nothing but Python. */
class RealWorkerTest {
  private static final String ECHO =
      """
      import sys

      def handle(data, context):
          if data is None:
              return None
          print("batch of", len(data), flush=True)
          if bytes(data[0]["body"]) == b"raise":
              raise ValueError("not this one")
          return [row["body"] for row in data]
      """;

  @TempDir Path folder;

  private static Map<String, String> load(Path model, String handler) {
    return Map.of(
        "model_name", "echo",
        "model_version", "1.0",
        "model_dir", model.toString(),
        "handler", handler,
        "batch_size", "4",
        "decode_input_request", "true",
        "limit_max_image_pixels", "true",
        "max_response_size", "6553500",
        "label_prefix", "0191c2d3a4b58f00");
  }

  private LinkRig rig(String handler) throws Exception {
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.writeString(model.resolve("echo_handler.py"), handler);
    return new LinkRig(Transport.detect(), folder, TestWorkers.python(), TestWorkers.repository());
  }

  private static List<LinkRig.Item> batch(long id, String text) {
    return LinkRig.batch(id, Body.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void loadsAHandlerAndAnswers() throws Exception {
    try (LinkRig rig = rig(ECHO)) {
      Serving serving = serving(rig);
      RecordedEvents events = serving.events();
      WorkerLink link = serving.link();
      rig.loop.execute(
          () -> {
            link.run(1, Operation.PREDICT, batch(11, "hello"));
            link.run(2, Operation.PREDICT, batch(12, "raise"));
            link.run(3, Operation.PREDICT, batch(13, "x".repeat(1_000_000)));
            link.heartbeat(8);
            link.stop();
          });

      assertThat(events.next()).isEqualTo("replied 1 11=hello ended");
      assertThat(events.next()).startsWith("replied 2 12=").contains("not this one");
      assertThat(events.toEnd())
          .containsExactly(
              "replied 3 13=1000000 bytes ended",
              "heartbeat 8",
              "disconnected: the connection ended",
              "exited with code 0");
      assertThat(rig.lines).contains("9000 STDOUT batch of 1");
    }
  }

  /** A worker that has loaded the handler, and what it tells from then on. */
  private record Serving(WorkerLink link, RecordedEvents events) {}

  private Serving serving(LinkRig rig) throws Exception {
    LinkedBlockingQueue<WorkerLink> links = new LinkedBlockingQueue<>();
    Path model = folder.resolve("model");
    var started =
        rig.start(
            9000,
            link -> {
              links.add(link);
              link.load(new LoadCommand(1, load(model, "echo_handler.py:handle")));
            });
    RecordedEvents events = started.events();
    assertThat(events.next()).isEqualTo("connected");
    assertThat(events.next()).as(() -> rig.lines.toString()).isEqualTo("loaded serial 1");
    return new Serving(links.take(), events);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void tellsWhatWasAnsweredBeforeTheRunThatKillsTheProcess() throws Exception {
    String handler =
        """
        import os, signal

        def handle(data, context):
            if data and bytes(data[0]["body"]) == b"poison":
                os.kill(os.getpid(), signal.SIGKILL)
            return data and [row["body"] for row in data]
        """;
    try (LinkRig rig = rig(handler)) {
      Serving serving = serving(rig);
      WorkerLink link = serving.link();
      rig.loop.execute(
          () -> {
            link.run(1, Operation.PREDICT, batch(11, "one"));
            link.run(2, Operation.PREDICT, batch(12, "two"));
            link.run(3, Operation.PREDICT, batch(13, "poison"));
          });
      assertThat(serving.events().toEnd())
          .containsExactly(
              "replied 1 11=one ended",
              "replied 2 12=two ended",
              "disconnected: the connection ended",
              "was ended by signal 9 (SIGKILL)");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void collectsWhatIsKeptBackWhileARunTakesLong() throws Exception {
    String handler =
        """
        def handle(data, context):
            if data and bytes(data[0]["body"]) == b"long":
                print("at it", flush=True)
                with open("go") as pipe:
                    pipe.read()
            return data and [row["body"] for row in data]
        """;
    try (LinkRig rig = rig(handler)) {
      Path pipe = folder.resolve("model").resolve("go");
      assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
      Serving serving = serving(rig);
      WorkerLink link = serving.link();
      rig.loop.execute(
          () -> {
            link.run(1, Operation.PREDICT, batch(11, "short"));
            link.run(2, Operation.PREDICT, batch(12, "long"));
          });
      assertThat(rig.lines.poll(30, TimeUnit.SECONDS)).isEqualTo("9000 STDOUT at it");
      rig.loop.execute(link::collect);
      RecordedEvents events = serving.events();
      assertThat(events.next()).isEqualTo("replied 1 11=short ended");
      Files.writeString(pipe, "on");
      // It is told again when the worker sends it, unless the first run took so long that it had.
      String next = events.next();
      if (next.equals("replied 1 11=short ended")) {
        next = events.next();
      }
      assertThat(next).isEqualTo("replied 2 12=long ended");
      rig.loop.execute(
          () -> {
            link.collect();
            link.stop();
          });
      assertThat(events.toEnd())
          .containsExactly("disconnected: the connection ended", "exited with code 0");
    }
  }

  @Test
  void saysWhyAHandlerCannotBeLoaded() throws Exception {
    try (LinkRig rig = rig("raise RuntimeError('broken at import')")) {
      Path model = folder.resolve("model");
      var started =
          rig.start(
              9000,
              link -> {
                link.load(new LoadCommand(1, load(model, "echo_handler.py:handle")));
                link.stop();
              });
      assertThat(started.events().toEnd().get(1))
          .startsWith("loaded LOAD_FAILED ")
          .contains("broken at import");
    }
  }

  @Test
  void endsWhenTheLinkIsClosed() throws Exception {
    try (LinkRig rig = rig(ECHO)) {
      assertThat(rig.start(9000, WorkerLink::close).events().toEnd())
          .containsExactly("connected", "disconnected: the connection ended", "exited with code 0");
    }
  }
}
