/**
 * @file The functions of oneDNN 2.x that are in use beside the shared ones, by their C declarations.
 */
import type { Declarations } from "./library.js";

/** By name. */
export const declarations = {
  dnnl_memory_desc_init_by_tag:
    "int dnnl_memory_desc_init_by_tag(void* md, int ndims, void* dims, int type, int tag)",
  dnnl_memory_desc_init_by_strides:
    "int dnnl_memory_desc_init_by_strides(void* md, int ndims, void* dims, int type, void* strides)",
  dnnl_memory_desc_init_submemory:
    "int dnnl_memory_desc_init_submemory(void* md, void* parent, void* dims, void* offsets)",
  dnnl_memory_desc_permute_axes:
    "int dnnl_memory_desc_permute_axes(void* md, void* from, void* permutation)",
  dnnl_post_ops_append_eltwise:
    "int dnnl_post_ops_append_eltwise(void* post_ops, float scale, int alg, float alpha, float beta)",
  dnnl_post_ops_append_sum: "int dnnl_post_ops_append_sum(void* post_ops, float scale)",
  dnnl_primitive_desc_create:
    "int dnnl_primitive_desc_create(_Out_ void** pd, void* op, void* attr, void* engine, void* hint)",
  dnnl_concat_primitive_desc_create:
    "int dnnl_concat_primitive_desc_create(_Out_ void** pd, void* dst_md, int n, int axis, void* src_mds, void* attr, void* engine)",
  dnnl_binary_desc_init:
    "int dnnl_binary_desc_init(void* op, int alg, void* a, void* b, void* dst)",
  dnnl_eltwise_forward_desc_init:
    "int dnnl_eltwise_forward_desc_init(void* op, int prop, int alg, void* md, float alpha, float beta)",
  dnnl_eltwise_backward_desc_init:
    "int dnnl_eltwise_backward_desc_init(void* op, int alg, void* diff_md, void* md, float alpha, float beta)",
  dnnl_convolution_forward_desc_init:
    "int dnnl_convolution_forward_desc_init(void* op, int prop, int alg, void* src, void* weights, void* bias, void* dst, void* strides, void* padding_l, void* padding_r)",
  dnnl_convolution_backward_data_desc_init:
    "int dnnl_convolution_backward_data_desc_init(void* op, int alg, void* diff_src, void* weights, void* diff_dst, void* strides, void* padding_l, void* padding_r)",
  dnnl_convolution_backward_weights_desc_init:
    "int dnnl_convolution_backward_weights_desc_init(void* op, int alg, void* src, void* diff_weights, void* diff_bias, void* diff_dst, void* strides, void* padding_l, void* padding_r)",
  dnnl_pooling_forward_desc_init:
    "int dnnl_pooling_forward_desc_init(void* op, int prop, int alg, void* src, void* dst, void* strides, void* kernel, void* padding_l, void* padding_r)",
  dnnl_pooling_backward_desc_init:
    "int dnnl_pooling_backward_desc_init(void* op, int alg, void* diff_src, void* diff_dst, void* strides, void* kernel, void* padding_l, void* padding_r)",
  dnnl_batch_normalization_forward_desc_init:
    "int dnnl_batch_normalization_forward_desc_init(void* op, int prop, void* md, float epsilon, uint flags)",
  dnnl_batch_normalization_backward_desc_init:
    "int dnnl_batch_normalization_backward_desc_init(void* op, int prop, void* diff_md, void* md, float epsilon, uint flags)",
  dnnl_matmul_desc_init:
    "int dnnl_matmul_desc_init(void* op, void* src, void* weights, void* bias, void* dst)",
  dnnl_softmax_forward_desc_init:
    "int dnnl_softmax_forward_desc_init(void* op, int prop, void* md, int axis)",
  dnnl_logsoftmax_forward_desc_init:
    "int dnnl_logsoftmax_forward_desc_init(void* op, int prop, void* md, int axis)",
  dnnl_reduction_desc_init:
    "int dnnl_reduction_desc_init(void* op, int alg, void* src, void* dst, float p, float epsilon)",
} as const satisfies Declarations;
