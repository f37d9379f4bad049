package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Headers;
import java.util.List;
import java.util.Map;

/**
 * A whole request to a route that a plugin serves.
 *
 * @param method HTTP method
 * @param uri path and query as they came
 * @param headers as they came
 * @param parameters values of the query's parameters by name
 * @param body the body, which the route releases
 */
public record PluginCall(
    String method, String uri, Headers headers, Map<String, List<String>> parameters, Body body) {}
