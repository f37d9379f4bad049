package ai.mariner.plugins;

import ai.mariner.core.access.AskedCall;
import ai.mariner.sdk.Call;
import ai.mariner.sdk.ListenerKind;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A call as authorizers see it. */
final class AuthorizerCall implements Call {
  private final AskedCall asked;
  private final Map<String, List<String>> headers;

  AuthorizerCall(AskedCall asked) {
    this.asked = asked;
    Map<String, List<String>> all = new TreeMap<>();
    asked
        .headers()
        .forEach(
            (name, value) ->
                all.computeIfAbsent(
                        name.toString().toLowerCase(Locale.ROOT), unused -> new ArrayList<>(1))
                    .add(value.toString()));
    all.replaceAll((name, values) -> List.copyOf(values));
    this.headers = Collections.unmodifiableMap(all);
  }

  @Override
  public ListenerKind listener() {
    return switch (asked.area()) {
      case INFERENCE -> ListenerKind.INFERENCE;
      case MANAGEMENT -> ListenerKind.MANAGEMENT;
      case METRICS -> ListenerKind.METRICS;
    };
  }

  @Override
  public boolean isGrpc() {
    return asked.remote();
  }

  @Override
  public String method() {
    return asked.method();
  }

  @Override
  public String route() {
    return asked.route();
  }

  @Override
  public String target() {
    return asked.target();
  }

  @Override
  public Optional<String> model() {
    return Optional.ofNullable(asked.model());
  }

  @Override
  public Optional<String> version() {
    return Optional.ofNullable(asked.version());
  }

  @Override
  public Map<String, List<String>> headers() {
    return headers;
  }

  @Override
  public Optional<InetAddress> peer() {
    return Optional.ofNullable(asked.peer());
  }

  /** What it asks for, for the log. */
  @Override
  public String toString() {
    return asked.remote() ? asked.method() : asked.method() + ' ' + asked.route();
  }
}
