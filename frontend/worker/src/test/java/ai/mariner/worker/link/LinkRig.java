package ai.mariner.worker.link;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.worker.RunItem;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerOutput;
import ai.mariner.core.worker.WorkerProcess;
import ai.mariner.net.NettyLoop;
import ai.mariner.net.Transport;
import ai.mariner.worker.TestWorkers;
import ai.mariner.worker.process.ProcessSpawner;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A launcher over one event loop, whose workers are scripts. */
final class LinkRig implements AutoCloseable {
  private final EventLoopGroup group;
  private final ProcessSpawner spawner;
  private final Path folder;
  final NettyLoop loop;
  final NettyLauncher launcher;

  /** Lines that processes printed, in the form {@code 9000 STDOUT text}. */
  final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

  /** A started worker. */
  record Started(WorkerProcess process, RecordedEvents events) {}

  /** One request on its way to a worker. */
  record Item(InferenceRequest request, long deadlineNanos, int credits) implements RunItem {}

  LinkRig(Transport transport, Path folder, Path python, Path serverHome) throws IOException {
    this.folder = folder;
    group = transport.newGroup(1, "link-test");
    loop = new NettyLoop(group.next());
    WorkerOutput output =
        (worker, stream, text) -> lines.add(worker.workerId() + " " + stream + " " + text);
    spawner = new ProcessSpawner(TestWorkers.config(python, serverHome), output, System.getenv());
    Path sockets = Files.createDirectories(folder.resolve("sockets"));
    Files.createDirectories(folder.resolve("model"));
    launcher = NettyLauncher.bind(spawner, transport, List.of(loop), sockets, 16 << 20);
  }

  /** A rig whose workers run the script. */
  static LinkRig scripted(Transport transport, Path folder, String script) throws IOException {
    Path home = TestWorkers.scripted(folder.resolve("home"), script);
    return new LinkRig(transport, folder, TestWorkers.python(), home);
  }

  Started start(int workerId, Consumer<WorkerLink> onConnected) {
    RecordedEvents events = new RecordedEvents(loop, onConnected);
    return start(workerId, folder.resolve("model"), events);
  }

  Started start(int workerId, Path directory, RecordedEvents events) {
    LinkedBlockingQueue<WorkerProcess> started = new LinkedBlockingQueue<>();
    loop.execute(
        () -> started.add(launcher.start(TestWorkers.launch(workerId, directory), loop, events)));
    try {
      WorkerProcess process = started.poll(30, TimeUnit.SECONDS);
      return new Started(java.util.Objects.requireNonNull(process), events);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  Path sockets() {
    return folder.resolve("sockets");
  }

  /** A batch of one item with this input. */
  static List<Item> batch(long id, Body body) {
    InferenceRequest request =
        InferenceRequest.builder(id, ModelRef.of("m"), List.of(new InputPart("body", null, body)))
            .build();
    return List.of(new Item(request, Long.MAX_VALUE, 0));
  }

  @Override
  public void close() {
    launcher.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
