package ai.mariner.net;

import ai.mariner.core.config.TlsConfig;
import ai.mariner.core.config.TlsConfig.ClientCertificates;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what listeners need to speak TLS, and keeps it as its files are: whoever connects after a
 * change is shown the new certificate, connections that are open go on. Thread-safe.
 */
public final class TlsContexts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(TlsContexts.class);

  /** Signing takes a millisecond or more, which event loops don't have. */
  private static final int HANDSHAKE_THREADS = 2;

  private static final long WARNING_DAYS = 14;

  /** With forward secrecy and authenticated encryption; HTTP/2 allows no others. */
  private static final List<String> CIPHERS =
      List.of(
          "TLS_AES_128_GCM_SHA256",
          "TLS_AES_256_GCM_SHA384",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  private final ScheduledExecutorService watch;
  private final InstantSource calendar;
  private final Consumer<X509Certificate> shown;
  private final ExecutorService handshakes;
  private final Map<Kind, ServerTls> made = new HashMap<>();
  private final List<Future<?>> looks = new ArrayList<>();

  /** What travels inside TLS; clients are told while they connect. */
  public enum Inside {
    /** HTTP/1.1. */
    HTTP_1("http/1.1"),
    /** HTTP/2, which gRPC needs. */
    HTTP_2("h2");

    private final String name;

    Inside(String name) {
      this.name = name;
    }
  }

  private record Kind(TlsConfig config, Inside inside) {}

  /**
   * A maker.
   *
   * @param watch looks at the files now and then
   * @param calendar tells whether a certificate has expired
   * @param shown is told the certificate that REST listeners show, whenever it changes
   */
  public TlsContexts(
      ScheduledExecutorService watch, InstantSource calendar, Consumer<X509Certificate> shown) {
    this.watch = watch;
    this.calendar = calendar;
    this.shown = shown;
    this.handshakes =
        Executors.newFixedThreadPool(
            HANDSHAKE_THREADS,
            task -> {
              Thread thread = new Thread(task, "tls");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The TLS of a listener; listeners of the same configuration share it.
   *
   * @throws IOException if a file can't be used, see {@link UnusableTlsException}
   */
  public synchronized ServerTls of(TlsConfig config, Inside inside) throws IOException {
    Kind kind = new Kind(config, inside);
    ServerTls known = made.get(kind);
    if (known != null) {
      return known;
    }
    FileStamps stamps = FileStamps.of(config);
    ReloadedContext context = new ReloadedContext(load(kind));
    ServerTls tls = new ServerTls(context, handshakes);
    made.put(kind, tls);
    long nanos = config.reloadInterval().toNanos();
    Reload reload = new Reload(kind, context, stamps);
    looks.add(watch.scheduleWithFixedDelay(reload, nanos, nanos, TimeUnit.NANOSECONDS));
    return tls;
  }

  private SslContext load(Kind kind) throws IOException {
    TlsMaterial material = TlsMaterial.read(kind.config);
    SslContext context = context(material, kind);
    Instant now = calendar.instant();
    String untimely = material.untimely(now);
    if (untimely != null) {
      log.warn("{}: clients will refuse it", untimely);
    } else if (material.end().isBefore(now.plusSeconds(TimeUnit.DAYS.toSeconds(WARNING_DAYS)))) {
      log.warn("{}: its certificate ends on {}", material.source(), material.end());
    }
    if (kind.inside == Inside.HTTP_1) {
      shown.accept(material.chain().get(0));
    }
    return context;
  }

  private static SslContext context(TlsMaterial material, Kind kind) throws IOException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(
                material.key(), material.chain().toArray(X509Certificate[]::new))
            .sslProvider(SslProvider.JDK)
            .protocols(kind.config.protocols())
            .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .clientAuth(auth(kind.config.clients()))
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    kind.inside.name));
    if (!material.clientAuthorities().isEmpty()) {
      builder.trustManager(material.clientAuthorities());
    }
    return builder.build();
  }

  private static ClientAuth auth(ClientCertificates clients) {
    return switch (clients) {
      case NONE -> ClientAuth.NONE;
      case OPTIONAL -> ClientAuth.OPTIONAL;
      case REQUIRED -> ClientAuth.REQUIRE;
    };
  }

  /** Looks at the files no more. */
  @Override
  public synchronized void close() {
    looks.forEach(look -> look.cancel(false));
    handshakes.shutdown();
  }

  /** Takes the files again once they have changed and are at rest: key and certificate are two. */
  private final class Reload implements Runnable {
    private final Kind kind;
    private final ReloadedContext context;
    private FileStamps taken;
    private FileStamps seen;

    Reload(Kind kind, ReloadedContext context, FileStamps taken) {
      this.kind = kind;
      this.context = context;
      this.taken = taken;
      this.seen = taken;
    }

    @Override
    public void run() {
      FileStamps now = FileStamps.of(kind.config);
      boolean atRest = now.equals(seen);
      seen = now;
      if (!atRest || now.equals(taken)) {
        return;
      }
      taken = now;
      try {
        context.replace(load(kind));
        log.info("TLS ({}): the changed certificate and key are in force", kind.inside.name);
      } catch (IOException | RuntimeException e) {
        log.error(
            "TLS ({}): the changed files can't be used, the former certificate and key stay in"
                + " force: {}",
            kind.inside.name,
            e.getMessage());
      }
    }
  }
}
