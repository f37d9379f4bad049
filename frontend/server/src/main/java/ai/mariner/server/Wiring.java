package ai.mariner.server;

import ai.mariner.archive.MarStore;
import ai.mariner.archive.WarStore;
import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.SnapshotConfig;
import ai.mariner.core.crew.MemoryWatch;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.inference.InferenceService;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.model.ModelRegistry;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.Registration;
import ai.mariner.core.model.Workflows;
import ai.mariner.core.seat.WorkerGroups;
import ai.mariner.core.worker.ResidentMemory;
import ai.mariner.net.NettyLoop;
import ai.mariner.net.TlsContexts;
import ai.mariner.net.Transport;
import ai.mariner.plugins.Plugins;
import ai.mariner.rest.AddedRoutes;
import ai.mariner.rest.ApplicationRoutes;
import ai.mariner.server.access.GivenTokens;
import ai.mariner.server.access.TokenAuthority;
import ai.mariner.server.logging.AccessLogFile;
import ai.mariner.server.logging.WorkerOutputLog;
import ai.mariner.server.metrics.PrometheusMetrics;
import ai.mariner.server.metrics.ServerMetricLines;
import ai.mariner.server.snapshot.SnapshotStore;
import ai.mariner.server.snapshot.Snapshots;
import ai.mariner.server.system.SystemWatch;
import ai.mariner.view.JsonGathering;
import ai.mariner.worker.install.PythonInstaller;
import ai.mariner.worker.link.NettyLauncher;
import ai.mariner.worker.process.ProcessSpawner;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and joins everything, in the order in which it depends on each other; {@link #stop} goes
 * the way back.
 */
final class Wiring {
  private static final Logger log = LoggerFactory.getLogger(Wiring.class);
  private static final Logger metricsLog = LoggerFactory.getLogger("TS_METRICS");
  private static final Logger modelMetricsLog = LoggerFactory.getLogger("MODEL_METRICS");
  private static final int ADMIN_THREADS = 4;

  /** How often the file of given tokens is looked at. */
  private static final int TOKEN_LOOK_SECONDS = 2;

  /** Changes of the models that come within this time stand in one snapshot. */
  private static final long SNAPSHOT_DELAY_MILLIS = 20;

  /** What stopping workers and removing folders may take beyond the drain. */
  private static final Duration REMOVAL_GRACE = Duration.ofSeconds(15);

  private final ServerConfig config;
  private final RunDirectory runDirectory;
  private final RunDirectory sockets;
  private final EventLoopGroup loops;
  private final ExecutorService admin;
  private final ExecutorService codec;
  private final ScheduledExecutorService watch;
  private final NettyLauncher launcher;
  private final MarStore archives;
  private final PythonInstaller installer;
  private final InferenceService inference;
  private final ModelService models;
  private final InflightBudget budget;
  private final PluginHost plugins;
  private final AddedRoutes addedRoutes;
  private final Workflows workflows;
  private final StateReport state;
  private final @Nullable Snapshots snapshots;
  private final @Nullable TokenAuthority tokens;
  private final AccessPolicy access;
  private final AccessLogFile accessLog;
  private final PrometheusMetrics metrics;
  private final ServerMetricLines metricLines;
  private final Transport transport;
  private final TlsContexts tls;
  private volatile @Nullable Listeners listeners;
  private volatile @Nullable SystemWatch system;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private Wiring(
      ServerConfig config,
      Map<String, String> environment,
      StateReport state,
      Plugins loaded,
      RunDirectory runDirectory,
      RunDirectory sockets)
      throws IOException {
    this.config = config;
    this.state = state;
    SecureRandom random = new SecureRandom();
    this.runDirectory = runDirectory;
    this.sockets = sockets;
    this.transport = detectedTransport();
    this.loops = transport.newGroup(config.eventLoops(), "loop", config.busyPoll());
    this.admin = Executors.newFixedThreadPool(ADMIN_THREADS, task -> daemon(task, "admin"));
    // As many as there are loops: what is read and written here would else be done on those.
    this.codec = Executors.newFixedThreadPool(config.eventLoops(), task -> daemon(task, "codec"));
    List<NettyLoop> modelLoops = loopsOf(loops);
    this.metrics =
        new PrometheusMetrics(
            HostName.own(),
            config.measures(),
            () -> PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory());
    this.metricLines = metrics.serverMetricLines(InstantSource.system());
    this.launcher =
        NettyLauncher.bind(
            new ProcessSpawner(
                config.worker(),
                new WorkerOutputLog(metrics.handlerMetrics(), config.measures().mode().logs()),
                variables(config, environment)),
            transport,
            modelLoops,
            sockets.path(),
            config.limits().maxResponseBytes());
    this.watch = Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "watch"));
    ResidentMemory resident = new ProcMemory(Path.of("/proc"));
    RequestLabel labels = new RequestLabel(random.nextLong());
    AtomicInteger workerIds = new AtomicInteger(config.worker().firstWorkerId());
    WorkerFactory.Shared workers =
        new WorkerFactory.Shared(
            launcher,
            new WorkerGroups(
                launcher,
                workerIds,
                config.worker().runDirectory(),
                config.worker().connectTimeout()),
            config.worker(),
            config.limits(),
            labels,
            workerIds,
            InstantSource.system(),
            new MemoryWatch(resident, HostProcMemory.ofThisSystem(), watch),
            random);
    ModelRegistry registry = new ModelRegistry(watch);
    this.archives =
        new MarStore(
            config.fetch(),
            config.limits(),
            config.profile(),
            config.worker().defaultHandler() == null);
    this.installer = installer(config, environment);
    this.inference = new InferenceService(registry, labels);
    Registration registration =
        new Registration(
            config,
            archives,
            installer,
            registry,
            workers,
            metrics,
            modelLoops,
            PluginHost.batchRules(loaded));
    this.models =
        new ModelService(registry, registration, admin, config.limits().drainTimeout(), resident);
    this.plugins = new PluginHost(loaded, config, models, registry, watch);
    this.addedRoutes = new AddedRoutes(PluginHost.words(plugins.routes()));
    this.budget = new InflightBudget(config.limits().maxInflightBytes());
    this.workflows =
        new Workflows(
            new WarStore(
                new MarStore(
                    config.fetch().ofWorkflows(), config.limits(), config.profile(), false)),
            registration,
            models,
            registry,
            inference::submit,
            new GraphPool.Shared(
                inference::step, inference::nextRequestId, labels, budget, new JsonGathering()),
            new ApplicationRoutes(addedRoutes),
            admin,
            config.limits().drainTimeout());
    this.snapshots =
        snapshots(
            config,
            PluginHost.store(loaded, config.snapshots()),
            new Snapshots.Sight(models::models, registry::isDefault),
            watch);
    this.accessLog = new AccessLogFile();
    metrics.logLinesDropped("access", accessLog::dropped);
    this.tls = new TlsContexts(watch, InstantSource.system(), state::certificate);
    this.tokens = config.tokens().isGiven() ? null : tokens(config, random);
    this.access = tokens != null ? tokens : givenTokens(config, watch);
  }

  /**
   * Starts the server. Models begin to load before the listeners are bound, since starting their
   * processes takes longest.
   *
   * @param made told of the server before anything is accepted, so that what is accepted is never
   *     cut off by a stop that comes early
   * @throws IOException naming what could not be bound or made; nothing is left then
   */
  static Wiring start(
      ServerConfig config,
      Map<String, String> environment,
      StateReport state,
      Plugins plugins,
      Consumer<Wiring> made)
      throws IOException {
    RunDirectory runDirectory = RunDirectory.create(config.worker().runDirectory());
    RunDirectory sockets = runDirectory;
    Wiring server;
    try {
      sockets = runDirectory.forSockets();
      server = new Wiring(config, environment, state, plugins, runDirectory, sockets);
    } catch (IOException | RuntimeException e) {
      sockets.remove();
      runDirectory.remove();
      throw e;
    }
    made.accept(server);
    try {
      server.startup().begin();
      server.listen();
      server.measure();
      return server;
    } catch (IOException | RuntimeException e) {
      server.stopAll(Duration.ZERO);
      throw e;
    }
  }

  private StartupLoad startup() {
    Snapshots taken = snapshots;
    if (taken != null) {
      models.listen(taken);
    }
    return new StartupLoad(
        config,
        archives,
        models,
        workflows,
        state,
        watch,
        taken == null ? unrestored -> {} : taken::started);
  }

  private void listen() throws IOException {
    Listeners bound =
        Listeners.bind(
            config,
            inference,
            models,
            workflows,
            plugins,
            addedRoutes,
            budget,
            access,
            metrics,
            accessLog,
            transport,
            loops,
            tls,
            codec);
    listeners = bound;
    state.listening(bound.addresses());
    // In words that TorchServe's users look for.
    for (String kind : List.of("Inference", "Management", "Metrics")) {
      String address = bound.addresses().get(kind.toLowerCase(Locale.ROOT));
      if (address != null) {
        log.info("{} API bind to: {}", kind, address);
      }
    }
    log.info("Mariner {} listens: {}", config.version(), bound.addresses());
  }

  private void measure() {
    if (config.measures().mode().logs()) {
      long seconds = config.measures().logInterval().toSeconds();
      var unused =
          watch.scheduleWithFixedDelay(this::logMetrics, seconds, seconds, TimeUnit.SECONDS);
    }
    system =
        SystemWatch.start(
            config.measures(),
            metrics.systemMetrics(),
            new SystemWatch.Host(
                HostName.own(),
                HostProcMemory.ofThisSystem(),
                config.worker().gpuCount() > 0,
                config.worker().python(),
                config.worker().serverHome(),
                () -> new WorkerPids(models).now()));
  }

  private synchronized void logMetrics() {
    metricLines.changes().forEach(line -> metricsLog.info("{}", line));
    metrics
        .modelMetricLines(InstantSource.system())
        .forEach(line -> modelMetricsLog.info("{}", line));
  }

  /** Returns when {@link #stop} is through; all other threads of the server are daemons. */
  void awaitStop() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Refuses what is new, finishes what was accepted, ends all processes and leaves nothing behind.
   * Blocks.
   */
  void stop() {
    log.info("stopping: accepted requests are finished first");
    state.stopping();
    stopAll(config.limits().drainTimeout());
    state.stopped();
    log.info("stopped");
    stopped.countDown();
  }

  private void stopAll(Duration drain) {
    if (snapshots != null) {
      snapshots.ending();
    }
    models.announceStop();
    installer.close();
    inference.close();
    long begun = System.nanoTime();
    // First, since their requests go on from node to node.
    join(workflows.close(drain), drain.plus(REMOVAL_GRACE));
    Duration left = drain.minusNanos(System.nanoTime() - begun);
    join(models.close(left.isNegative() ? Duration.ZERO : left), drain.plus(REMOVAL_GRACE));
    Listeners bound = listeners;
    if (bound != null) {
      bound.close();
    }
    tls.close();
    SystemWatch watched = system;
    if (watched != null) {
      watched.close();
    }
    launcher.close();
    accessLog.close();
    if (tokens != null) {
      tokens.close();
    }
    plugins.close();
    codec.shutdown();
    admin.shutdown();
    watch.shutdownNow();
    if (config.measures().mode().logs()) {
      logMetrics();
    }
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    sockets.remove();
    runDirectory.remove();
  }

  /** Waits for the models, but not for ever: a fault on the way must not keep the process. */
  private static void join(CompletionStage<Void> stage, Duration limit) {
    try {
      stage.toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      log.error("a model could not be removed cleanly", e);
    } catch (TimeoutException e) {
      log.error("models were not removed within {} s, going on without them", limit.toSeconds());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * What workers find in their environment: the server's own, and what they must know of metrics.
   */
  private static Map<String, String> variables(
      ServerConfig config, Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(environment);
    variables.putAll(config.sequenceNames().variables());
    variables.put("MARINER_METRICS_MODE", config.measures().mode().text());
    Path file = config.measures().file();
    if (file != null) {
      variables.put("MARINER_METRICS_CONFIG", file.toAbsolutePath().toString());
    } else {
      variables.remove("MARINER_METRICS_CONFIG");
    }
    return variables;
  }

  private static PythonInstaller installer(ServerConfig config, Map<String, String> environment)
      throws IOException {
    PythonInstaller installer =
        new PythonInstaller(config.dependencies(), config.worker(), environment);
    if (config.dependencies().installed()) {
      installer.check();
    }
    return installer;
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

  private static AccessPolicy givenTokens(ServerConfig config, ScheduledExecutorService watch)
      throws IOException {
    if (!config.tokenAuthorization()) {
      return AccessPolicy.OPEN;
    }
    GivenTokens given = new GivenTokens(config.tokens(), System::nanoTime);
    var unused =
        watch.scheduleWithFixedDelay(
            given::look, TOKEN_LOOK_SECONDS, TOKEN_LOOK_SECONDS, TimeUnit.SECONDS);
    return given;
  }

  private static @Nullable TokenAuthority tokens(ServerConfig config, SecureRandom random)
      throws IOException {
    if (!config.tokenAuthorization()) {
      return null;
    }
    Duration life = Duration.ofMillis((long) (config.tokens().expirationMinutes() * 60_000));
    Path keyFile = Path.of("key_file.json").toAbsolutePath();
    TokenAuthority.Clocks clocks =
        new TokenAuthority.Clocks(InstantSource.system(), System::nanoTime);
    try {
      return TokenAuthority.create(
          keyFile, new TokenAuthority.Life(life, config.tokens().rotationGrace()), clocks, random);
    } catch (IOException e) {
      throw new UnwritableException(
          "key file",
          keyFile,
          "the server is started in a folder that can be written, or with --disable-token-auth",
          e);
    }
  }

  private static @Nullable Snapshots snapshots(
      ServerConfig config,
      SnapshotStore store,
      Snapshots.Sight sight,
      ScheduledExecutorService watch) {
    SnapshotConfig wanted = config.snapshots();
    if (!wanted.written()) {
      return null;
    }
    return new Snapshots(
        store,
        wanted.properties(),
        sight,
        config.fetch().modelStore(),
        InstantSource.system(),
        task -> watch.schedule(task, SNAPSHOT_DELAY_MILLIS, TimeUnit.MILLISECONDS));
  }

  private static List<NettyLoop> loopsOf(EventLoopGroup group) {
    List<NettyLoop> loops = new ArrayList<>();
    for (EventExecutor executor : group) {
      loops.add(new NettyLoop((EventLoop) executor));
    }
    return loops;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
