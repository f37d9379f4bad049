package ai.mariner.plugins;

import ai.mariner.core.message.Headers;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.http.Request;

/**
 * A request as an endpoint sees it.
 *
 * @param uri path and query
 * @param headers as they came
 * @param parameters of the query
 * @param body the body
 */
record EndpointRequest(
    String uri, Headers headers, Map<String, List<String>> parameters, InputStream body)
    implements Request {
  @Override
  public List<String> getHeaderNames() {
    Map<String, String> names = new LinkedHashMap<>();
    headers.forEach(
        (name, value) ->
            names.putIfAbsent(name.toString().toLowerCase(java.util.Locale.ROOT), name.toString()));
    return List.copyOf(names.values());
  }

  @Override
  public String getRequestURI() {
    return uri;
  }

  @Override
  public Map<String, List<String>> getParameterMap() {
    return parameters;
  }

  @Override
  public @Nullable List<String> getParameter(String key) {
    return parameters.get(key);
  }

  @Override
  public @Nullable String getContentType() {
    String type = headers.first("content-type");
    return type == null ? null : type.replaceFirst(";.*", "").strip();
  }

  @Override
  public InputStream getInputStream() {
    return body;
  }
}
