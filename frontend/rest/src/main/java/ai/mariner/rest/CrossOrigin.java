package ai.mariner.rest;

import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What answers tell browsers about pages of other origins. Immutable; shared by all connections.
 *
 * <p>Where all origins are let in, or only one, every answer says the same. Else an answer names
 * the origin that asked if it is allowed, and caches are told that it depends on it.
 */
final class CrossOrigin {
  private static final String ALLOW_ORIGIN = "Access-Control-Allow-Origin";
  private static final String ALLOW_HEADERS = "Access-Control-Allow-Headers";
  private static final String ANY = "*";

  /** What {@code *} stands for where a browser would take it for the name of a method. */
  private static final String ALL_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT";

  private static final StandardHeaders NOTHING = new StandardHeaders(List.of());
  private static final StandardHeaders DEPENDS =
      new StandardHeaders(List.of(new Reply.Header("Vary", "Origin")));

  private final CorsConfig config;
  private final @Nullable StandardHeaders same;

  CrossOrigin(CorsConfig config) {
    this.config = config;
    this.same = same(config);
  }

  private static @Nullable StandardHeaders same(CorsConfig config) {
    if (!config.isOn()) {
      return NOTHING;
    }
    if (config.anyOrigin()) {
      return headers(config, ANY, false);
    }
    boolean one = config.origins().size() == 1 && config.originPattern() == null;
    return one ? headers(config, config.origins().get(0), false) : null;
  }

  /** The headers of an answer, whatever it is. */
  StandardHeaders headers(HttpHeaders request) {
    StandardHeaders always = same;
    if (always != null) {
      return always;
    }
    String origin = request.get(HttpHeaderNames.ORIGIN);
    return origin == null || !config.names(origin) ? DEPENDS : headers(config, origin, true);
  }

  /** The answer to a preflight whose call would not be refused. */
  Reply preflight(HttpHeaders request) {
    ArrayList<Reply.Header> own = new ArrayList<>(2);
    String origin = request.get(HttpHeaderNames.ORIGIN);
    if (origin != null && (config.anyOrigin() || config.names(origin))) {
      Integer age = config.maxAgeSeconds();
      if (age != null) {
        own.add(new Reply.Header("Access-Control-Max-Age", age.toString()));
      }
      String asked = request.get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_HEADERS);
      if (asked != null && ANY.equals(config.headers())) {
        // The star stands for no Authorization, and with credentials for nothing but itself.
        own.add(new Reply.Header(ALLOW_HEADERS, asked));
      }
    }
    return new Reply(200, null, null, List.copyOf(own), Body.of(new byte[0]));
  }

  private static StandardHeaders headers(CorsConfig config, String origin, boolean depends) {
    ArrayList<Reply.Header> found = new ArrayList<>();
    found.add(new Reply.Header(ALLOW_ORIGIN, origin));
    boolean star = ANY.equals(config.methods()) && config.credentials();
    add(found, "Access-Control-Allow-Methods", star ? ALL_METHODS : config.methods());
    add(found, ALLOW_HEADERS, config.headers());
    add(found, "Access-Control-Expose-Headers", config.exposedHeaders());
    add(found, "Access-Control-Allow-Credentials", config.credentials() ? "true" : null);
    add(found, "Vary", depends ? "Origin" : null);
    return new StandardHeaders(found);
  }

  private static void add(List<Reply.Header> headers, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      headers.add(new Reply.Header(name, value));
    }
  }
}
