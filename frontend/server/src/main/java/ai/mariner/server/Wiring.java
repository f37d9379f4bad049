package ai.mariner.server;

import ai.mariner.archive.MarStore;
import ai.mariner.archive.WarStore;
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
import ai.mariner.plugins.Plugins;
import ai.mariner.rest.AddedRoutes;
import ai.mariner.rest.ApplicationRoutes;
import ai.mariner.server.logging.AccessLogFile;
import ai.mariner.server.logging.WorkerOutputLog;
import ai.mariner.server.metrics.PrometheusMetrics;
import ai.mariner.server.snapshot.SnapshotStore;
import ai.mariner.server.snapshot.Snapshots;
import ai.mariner.server.system.SystemWatch;
import ai.mariner.view.JsonGathering;
import ai.mariner.worker.install.PythonInstaller;
import ai.mariner.worker.link.NettyLauncher;
import ai.mariner.worker.process.ProcessSpawner;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
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

  /** Changes of the models that come within this time stand in one snapshot. */
  private static final long SNAPSHOT_DELAY_MILLIS = 20;

  /** What stopping workers and removing folders may take beyond the drain. */
  private static final Duration REMOVAL_GRACE = Duration.ofSeconds(15);

  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

  private final ServerConfig config;
  private final RunDirectory runDirectory;
  private final RunDirectory sockets;
  private final ServerThreads threads;
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
  private final TokenAccess access;
  private final AccessLogFile accessLog;
  private final PrometheusMetrics metrics;
  private final MetricLog metricLog;
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
    this.threads = ServerThreads.of(config);
    ScheduledExecutorService watch = threads.watch();
    List<NettyLoop> modelLoops = threads.modelLoops();
    this.metrics =
        new PrometheusMetrics(
            HostName.own(),
            config.measures(),
            () -> PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory());
    this.metricLog = new MetricLog(metrics);
    this.launcher =
        NettyLauncher.bind(
            new ProcessSpawner(
                config.worker(),
                new WorkerOutputLog(metrics.handlerMetrics(), config.measures().mode().logs()),
                variables(config, environment)),
            threads.transport(),
            modelLoops,
            sockets.path(),
            config.limits().maxResponseBytes());
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
        new ModelService(
            registry, registration, threads.admin(), config.limits().drainTimeout(), resident);
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
            threads.admin(),
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
    this.access = TokenAccess.of(config, random, watch);
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
      awaitRoutes(server.startup().begin());
      server.listen();
      server.measure();
      return server;
    } catch (IOException | RuntimeException e) {
      server.stopAll(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Waits until applications have their routes, so that none of them is unknown to the first
   * client; but not until packages of one are installed, since health is to be seen meanwhile.
   */
  private static void awaitRoutes(CompletionStage<Void> opened) {
    try {
      opened.toCompletableFuture().get(LONGEST_SILENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      log.info("an application has no routes yet: the server listens without them");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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
        threads.watch(),
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
            access.policy(),
            metrics,
            accessLog,
            threads.transport(),
            threads.loops(),
            tls,
            threads.codec());
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
      metricLog.start(threads.watch(), config.measures().logInterval());
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
    access.close();
    plugins.close();
    threads.stopWork();
    if (config.measures().mode().logs()) {
      metricLog.write();
    }
    threads.stopLoops();
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
}
