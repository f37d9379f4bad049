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
import org.junit.jupiter.api.Test;
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
    LinkedBlockingQueue<WorkerLink> links = new LinkedBlockingQueue<>();
    try (LinkRig rig = rig(ECHO)) {
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

      WorkerLink link = links.take();
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
