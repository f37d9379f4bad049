package ai.mariner.worker.link;

import ai.mariner.core.config.Torchrun;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.Spread;
import ai.mariner.core.worker.WorkerEvents;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerLauncher;
import ai.mariner.core.worker.WorkerProcess;
import ai.mariner.net.NettyLoop;
import ai.mariner.net.Transport;
import ai.mariner.worker.process.ProcessSpawner;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Starts worker processes and connects them to the loop that they belong to. */
public final class NettyLauncher implements WorkerLauncher, AutoCloseable {
  /**
   * How long the link of an ended process may take to be read to its end; a child of the process
   * may hold it open.
   */
  private static final long DRAIN_MILLIS = 100;

  private final ProcessSpawner spawner;
  private final Map<NettyLoop, WorkerListener> listeners;
  private final SecureRandom random = new SecureRandom();

  private NettyLauncher(ProcessSpawner spawner, Map<NettyLoop, WorkerListener> listeners) {
    this.spawner = spawner;
    this.listeners = listeners;
  }

  /**
   * Binds a socket for each loop.
   *
   * @param spawner starts processes
   * @param transport kind of sockets
   * @param loops loops that pools may belong to
   * @param directory private folder for the sockets
   * @param maxResponseBytes most bytes of one answer
   * @throws IOException if a socket can't be bound
   */
  public static NettyLauncher bind(
      ProcessSpawner spawner,
      Transport transport,
      List<NettyLoop> loops,
      Path directory,
      int maxResponseBytes)
      throws IOException {
    Map<NettyLoop, WorkerListener> listeners = new HashMap<>();
    try {
      for (int i = 0; i < loops.size(); i++) {
        NettyLoop loop = loops.get(i);
        Path socket = directory.resolve("w" + i + ".sock");
        listeners.put(
            loop, WorkerListener.bind(transport, loop.eventLoop(), socket, maxResponseBytes));
      }
    } catch (IOException e) {
      listeners.values().forEach(WorkerListener::close);
      throw e;
    }
    return new NettyLauncher(spawner, listeners);
  }

  @Override
  public WorkerProcess start(WorkerLaunch launch, Loop loop, WorkerEvents events) {
    WorkerListener listener = listeners.get(loop);
    if (listener == null) {
      throw new IllegalArgumentException("loop: " + loop + " (expected: one that was bound)");
    }
    String nonce = nonce();
    Spread spread = launch.spread();
    if (spread != null && spread.torchrun() != null) {
      return startRanks(launch, spread, listener, nonce, (NettyLoop) loop, events);
    }
    ExpectedWorkers.Expected worker =
        new ExpectedWorkers.Expected(Integer.toString(launch.generation()), nonce, events);
    listener.expected().add(launch.workerId(), worker);
    return spawner.spawn(
        launch,
        listener.socket(),
        nonce,
        exit -> onLoop(loop, () -> exited(launch, (NettyLoop) loop, listener, worker, exit)));
  }

  private String nonce() {
    byte[] secret = new byte[16];
    random.nextBytes(secret);
    return HexFormat.of().formatHex(secret);
  }

  /** Starts the processes of a worker that is a group of ranks. */
  private WorkerProcess startRanks(
      WorkerLaunch launch,
      Spread spread,
      WorkerListener listener,
      String nonce,
      NettyLoop loop,
      WorkerEvents events) {
    Torchrun torchrun = Objects.requireNonNull(spread.torchrun());
    Integer seconds = torchrun.monitorSeconds();
    RankGroup group =
        new RankGroup(launch, spread.size(), seconds == null ? 0 : seconds, loop, events);
    String generation = Integer.toString(launch.generation());
    Map<String, ExpectedWorkers.Expected> members = new HashMap<>();
    for (int rank = 0; rank < spread.size(); rank++) {
      members.put(
          Integer.toString(rank),
          new ExpectedWorkers.Expected(generation, nonce, group.member(rank)));
    }
    members.put(
        ExpectedWorkers.AGENT,
        new ExpectedWorkers.Expected(generation, nonce, events, group::reported));
    int worker = launch.workerId();
    members.forEach((rank, member) -> listener.expected().add(worker, rank, member));
    Runnable forget =
        () -> members.forEach((rank, member) -> listener.expected().remove(worker, rank, member));
    group.started(
        spawner.spawn(
            launch,
            listener.socket(),
            nonce,
            exit ->
                onLoop(
                    loop,
                    () -> {
                      forget.run();
                      group.exited(exit);
                    })));
    return group;
  }

  /** Tells the end of a process after the end of its link, which is given a moment to be read. */
  private static void exited(
      WorkerLaunch launch,
      NettyLoop loop,
      WorkerListener listener,
      ExpectedWorkers.Expected worker,
      ProcessExit exit) {
    listener.expected().remove(launch.workerId(), worker);
    Channel channel = worker.channel();
    worker.exited(exit);
    if (channel != null) {
      loop.schedule(channel::close, TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS));
    }
  }

  private static void onLoop(Loop loop, Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The loop has been shut down with the server; nobody waits for this process any more.
    }
  }

  /** Starts nothing more and removes the sockets. */
  @Override
  public void close() {
    spawner.close();
    listeners.values().forEach(WorkerListener::close);
  }
}
