/**
 * Events of metrics, as TorchServe's SDK declares them. Neither it nor this server sends any; they
 * are here so that jars which name them load.
 */
package org.pytorch.serve.servingsdk.metrics;
