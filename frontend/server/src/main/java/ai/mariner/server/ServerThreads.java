package ai.mariner.server;

import ai.mariner.core.config.ServerConfig;
import ai.mariner.net.NettyLoop;
import ai.mariner.net.Transport;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of the server that belong to no single part of it; all are daemons.
 *
 * @param transport what the loops wait with
 * @param loops connections, and the state of models and their workers
 * @param admin what blocks: fetching, unpacking, removing
 * @param codec large tensors that would hold up a loop
 * @param watch what is done from time to time
 */
record ServerThreads(
    Transport transport,
    EventLoopGroup loops,
    ExecutorService admin,
    ExecutorService codec,
    ScheduledExecutorService watch) {
  private static final Logger log = LoggerFactory.getLogger(ServerThreads.class);
  private static final int ADMIN_THREADS = 4;

  /** Makes the threads of a server; they start when they have something to do. */
  static ServerThreads of(ServerConfig config) {
    Transport transport = detectedTransport();
    return new ServerThreads(
        transport,
        transport.newGroup(config.eventLoops(), "loop", config.busyPoll()),
        Executors.newFixedThreadPool(ADMIN_THREADS, task -> daemon(task, "admin")),
        // As many as there are loops: what is read and written here would else be done on those.
        Executors.newFixedThreadPool(config.eventLoops(), task -> daemon(task, "codec")),
        Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "watch")));
  }

  /** The loops as models know them. */
  List<NettyLoop> modelLoops() {
    List<NettyLoop> found = new ArrayList<>();
    for (EventExecutor executor : loops) {
      found.add(new NettyLoop((EventLoop) executor));
    }
    return found;
  }

  /** Stops all but the loops; what was begun may end. */
  void stopWork() {
    codec.shutdown();
    admin.shutdown();
    watch.shutdownNow();
  }

  /** Stops the loops and waits for them. */
  void stopLoops() {
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static Transport detectedTransport() {
    String shortfall = Transport.shortfall();
    if (shortfall != null) {
      log.warn(
          "sockets go the JVM's own, slower way: Netty's native library can't be loaded: {}"
              + " (expected: a temporary folder from which programs may be executed)",
          shortfall);
    }
    return Transport.detect();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
