"""The titles of the sources that declarations name.

A title stands here only if it is certain; a source without one is cited without it. Braces keep a name from being
written small by a bibliography style; words with a capital within them, such as ReLU, are kept without.
"""

from __future__ import annotations

__all__ = ["TITLES"]

TITLES: dict[str, str] = {
    # by arXiv number
    "1302.4389": "Maxout Networks",
    "1402.3337": "Zero-bias autoencoders and the benefits of co-adapting features",
    "1412.6830": "Learning Activation Functions to Improve Deep Neural Networks",
    "1502.01852": "Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
    "1505.00853": "Empirical Evaluation of Rectified Activations in Convolutional Network",
    "1508.01292": "Compact Convolutional Neural Network Cascade for Face Detection",
    "1511.07289": "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)",
    "1512.07030": "Deep Learning with {S}-shaped Rectified Linear Activation Units",
    "1602.01321": "A continuum among logarithmic, linear, and exponential functions, and its potential to improve "
    "generalization in neural networks",
    "1602.05980": "Revise Saturated Activation Functions",
    "1605.09332": "Parametric Exponential Linear Unit for Deep Convolutional Neural Networks",
    "1606.00305": "Improving Deep Neural Network with Multiple Parametric Exponential Linear Units",
    "1606.05328": "Conditional Image Generation with PixelCNN Decoders",
    "1606.08415": "{Gaussian} Error Linear Units (GELUs)",
    "1612.08083": "Language Modeling with Gated Convolutional Networks",
    "1702.03118": "Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement Learning",
    "1704.07483": "Continuously Differentiable Exponential Linear Units",
    "1706.02515": "Self-Normalizing Neural Networks",
    "1706.08098": "FReLU: Flexible Rectified Linear Units for Improving Convolutional Neural Networks",
    "1706.08566": "SchNet: A continuous-filter convolutional neural network for modeling quantum interactions",
    "1707.08214": "Dual Rectified Linear Units (DReLUs): A Replacement for Tanh Activation Functions in "
    "Quasi-Recurrent Neural Networks",
    "1710.05941": "Searching for Activation Functions",
    "1710.09967": "Improving Deep Learning by Inverse Square Root Linear Units (ISRLUs)",
    "1801.07145": "{E-swish}: Adjusting Activations to Different Network Depths",
    "1802.00212": "Training Neural Networks by Using Power Linear Units (PoLUs)",
    "1805.08878": "ARiA: Utilizing {Richard's} Curve for Controlling the Non-monotonicity of the Activation Function "
    "in Deep Neural Nets",
    "1807.10117": "Effectiveness of Scaled Exponentially-Regularized Linear Units (SERLUs)",
    "1808.00783": "The Quest for the Golden Activation Function",
    "1809.09534": "PLU: The Piecewise Linear Unit Activation Function",
    "1810.11509": "Neural Network-Based Approach to Phase Space Integration",
    "1812.06247": "{Flatten-T Swish}: a thresholded ReLU-{Swish}-like activation function for deep learning",
    "1901.02324": "Learning with {Fenchel-Young} Losses",
    "1901.05894": "LiSHT: Non-Parametric Linearly Scaled Hyperbolic Tangent Activation Function for Neural Networks",
    "1905.02244": "Searching for MobileNetV3",
    "1907.06732": "{Padé} Activation Units: End-to-end Learning of Flexible Activation Functions in Deep Networks",
    "1908.02435": "Improved Adversarial Robustness by Reducing Open Space Risk via Tent Activations",
    "1908.03682": "Natural-Logarithm-Rectified Activation Function in Convolutional Neural Networks",
    "1908.08681": "{Mish}: A Self Regularized Non-Monotonic Activation Function",
    "1909.05136": "PowerNet: Efficient Representations of Polynomials and Smooth Functions by Deep Neural Networks "
    "with Rectified Power Units",
    "1911.03925": "Symmetrical {Gaussian} Error Linear Units (SGELUs)",
    "2002.05202": "GLU Variants Improve Transformer",
    "2002.07772": "The Tree Ensemble Layer: Differentiability meets Conditional Computation",
    "2003.00547": "Soft-Root-Sign Activation Function",
    "2003.03488": "ReActNet: Towards Precise Binary Neural Network with Generalized Activation Functions",
    "2003.09855": "TanhExp: A Smooth Activation Function with High Convergence Speed for Lightweight Neural Networks",
    "2004.09602": "Integer Quantization for Deep Learning Inference: Principles and Empirical Evaluation",
    "2006.08195": "Neural Networks Fail to Learn Periodic Functions and How to Fix It",
    "2006.09661": "Implicit Neural Representations with Periodic Activation Functions",
    "2006.13858": "AReLU: Attention-based Rectified Linear Unit",
    "2009.03863": "TanhSoft – a family of activation functions combining {Tanh} and {Softplus}",
    "2009.04759": "Activate or Not: Learning Customized Activation",
    "2009.07530": "{m-arcsinh}: An Efficient and Reliable Function for SVM and MLP in {scikit-learn}",
    "2009.13501": "EIS – a family of activation functions combining {Exponential}, ISRU, and {Softplus}",
    "2108.00700": "Piecewise Linear Units Improve Deep Neural Networks",
    "2108.09598": "SERF: Towards better training of deep neural networks using log-{Softplus} ERror activation "
    "Function",
    "2108.12943": "Growing Cosine Unit: A Novel Oscillatory Activation Function That Can Speedup Training and Reduce "
    "Parameters in Convolutional Neural Networks",
    "2109.04386": "ErfAct and {Pserf}: Non-monotonic Smooth Trainable Activation Functions",
    "2109.08668": "{Primer}: Searching for Efficient Transformers for Language Modeling",
    "2109.14545": "Activation Functions in Deep Learning: A Comprehensive Survey and Benchmark",
    "2111.04020": "Biologically Inspired Oscillating Activation Functions Can Bridge the Performance Gap between "
    "Biological and Artificial Neurons",
    "2111.04682": "SMU: smooth activation function for deep networks using smoothing maximum technique",
    "2111.15135": "Beyond Periodicity: Towards a Unifying Framework for Activations in Coordinate-MLPs",
    "2112.11687": "{Squareplus}: A {Softplus}-Like Algebraic Rectifier",
    "2112.12078": "Deeper Learning with CoLU Activation",
    "2202.06499": "Real World Large Scale Recommendation Systems Reproducibility and Smooth Activations",
    "2206.04658": "BigVGAN: A Universal Neural Vocoder with Large-Scale Training",
    "2208.04924": "On the Activation Function Dependence of the Spectral Bias of Neural Networks",
    "2209.10655": "{Mega}: Moving Average Equipped Gated Attention",
    "2210.13452": "MetaFormer Baselines for Vision",
    "2301.04104": "Mastering Diverse Domains through World Models",
    "2301.05187": "WIRE: Wavelet Implicit Neural Representations",
    "2301.05993": "Empirical study of the modulus as activation function in computer vision applications",
    "2304.09759": "Amplifying Sine Unit: An Oscillatory Activation Function for Deep Neural Networks to Recover "
    "Nonlinear Oscillations Efficiently",
    "2306.15242": "SPDER: Semiperiodic Damping-Enabled Object Representation",
    "2312.02434": "FINER: Flexible spectral-bias tuning in Implicit NEural Representation by Variable-periodic "
    "Activation Functions",
    "2401.10967": "HOSC: A Periodic Activation Function for Preserving Sharp Features in Implicit Neural "
    "Representations",
    "2402.09092": "Three Decades of Activations: A Comprehensive Survey of 400 Activation Functions for Neural "
    "Networks",
    "2404.19756": "KAN: {Kolmogorov-Arnold} Networks",
    "2405.12832": "{Wav}-KAN: Wavelet {Kolmogorov-Arnold} Networks",
    "2407.08567": "Adaptive Parametric Activation",
    "2411.13010": "Deriving Activation Functions Using Integration",
    # by DOI
    "10.1007/3-540-49430-8_2": "Efficient BackProp",
    "10.1007/s00521-020-05182-1": "SPOCU: scaled polynomial constant unit activation function",
    "10.1016/j.neucom.2021.06.067": "{Logish}: A new nonlinear nonmonotonic activation function for convolutional "
    "neural network",
    "10.1109/18.382009": "De-noising by soft-thresholding",
    "10.1162/089976600300015349": "Separating Style and Content with Bilinear Models",
    "10.20944/preprints202301.0463.v1": "Trainable Activations for Image Classification",
    "10.3390/electronics11040540": "{Smish}: A Novel Activation Function for Deep Learning Methods",
    "10.3390/math10030337": "SinLU: Sinu-Sigmoidal Linear Unit",
    # by the whole text of the declaration, where that holds neither
    "Chen, Mai, Xiao, Zhang 2019, Neural Computation 31(6)": "Improving the Antinoise Ability of DNNs via a "
    "Bio-Inspired Noise Adaptive Activation Function {Rand Softplus}",
    "Cheng, Li, Wu, Ma, Ngan 2020, Neural Networks 125": "Parametric Deformable Exponential Linear Units for deep "
    "neural networks",
    "Ciuparu, Nagy-Dăbâcan, Mureșan 2020, Neurocomputing 384": "{Soft++}, a multi-parametric non-saturating "
    "non-linearity that improves convergence in deep neural architectures",
    "Collobert 2004, Large Scale Machine Learning, PhD thesis, Université Paris 6": "Large Scale Machine Learning",
    "Dugas, Bengio, Bélisle, Nadeau, Garcia 2000, NIPS 2000": "Incorporating Second-Order Functional Knowledge for "
    "Better Option Pricing",
    "Duggal, Gupta 2017, ICCVW 2017": "P-TELU: Parametric {Tan} Hyperbolic Linear Unit Activation for Deep Neural "
    "Networks",
    "Elliott 1993, ISR Technical Report TR 93-8": "A Better Activation Function for Artificial Neural Networks",
    "Ertuğrul 2018, Neural Networks 99": "A novel type of activation function in artificial neural networks: "
    "Trained activation function",
    "Godfrey 2019, IEEE SMC 2019": "An Evaluation of Parametric Activation Functions for Deep Learning",
    "Gomes, Ludermir, Lima 2011, Neural Computing and Applications 20": "Comparison of new activation functions in "
    "neural network for forecasting financial time series",
    "Hu 2018, ICNC-FSKD 2018": "vReLU Activation Functions for Artificial Neural Networks",
    "Kaytan, Aydilek, Yeroğlu 2023, Neural Computing and Applications": "{Gish}: a novel activation function for "
    "image classification",
    "Kong, Takatsuka 2017, IJCNN 2017": "{Hexpo}: A vanishing-proof activation function",
    "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10, University of Toronto": "Convolutional Deep "
    "Belief Networks on CIFAR-10",
    "Liew, Khalil-Hani, Bakhteri 2016, Neurocomputing 216": "Bounded activation functions for enhanced training "
    "stability of deep neural networks on visual pattern recognition problems",
    "Lin, Shen 2018, Procedia Computer Science 131": "Research on convolutional neural network based on improved "
    "{Relu} piecewise activation function",
    "Maas, Hannun, Ng 2013, ICML 2013": "Rectifier Nonlinearities Improve Neural Network Acoustic Models",
    "Macêdo, Zanchettin, Oliveira, Ludermir 2019, Expert Systems with Applications 124": "Enhancing batch normalized "
    "convolutional networks using displaced rectifier linear units: A systematic comparative study",
    "Mercioni, Holban 2020, ieeexplore 9301084": "TeLU: A New Activation Function for Deep Learning",
    "Nair, Hinton 2010, ICML 2010": "Rectified Linear Units Improve Restricted {Boltzmann} Machines",
    "Naveen 2022, TechRxiv": "{Phish}: A Novel Hyper-Optimizable Activation Function",
    "Parisi, Ma, RaviChandran, Lanzillotta 2021, Machine Learning with Applications 6:100112": "{hyper-sinh}: An "
    "accurate and reliable function from shallow to deep learning in TensorFlow and {Keras}",
    "Qin, Wang, Zou 2018, IEEE Trans. Industrial Electronics 66(5)": "The Optimized Deep Belief Networks With Improved "
    "Logistic Sigmoid Units and Their Application in Fault Diagnosis for Planetary Gearboxes of Wind Turbines",
    "Redmon 2013, github.com/pjreddie/darknet": "{Darknet}: Open Source Neural Networks in {C}",
    "Samatin Njikam, Zhao 2016, Applied Intelligence 45(1)": "A novel activation function for multilayer "
    "feed-forward neural networks",
    "Turian, Bergstra, Bengio 2009, NAACL-HLT 2009": "Quadratic Features and Deep Architectures for Chunking",
    "Wang, Qin, Wang, Xiang, Chen 2019, Neurocomputing 363": "ReLTanh: An activation function with vanishing gradient "
    "resistance for SAE-based DNNs and its application to rotating machinery fault diagnosis",
    "Wuraola, Patel 2018, IJCNN 2018": "SQNL: A New Computationally Efficient Activation Function",
    "Wuraola, Patel, Nguang 2021, Neurocomputing 442": "Efficient activation functions for embedded inference engines",
    "Xu, Huang, Wang, Hu 2018, ICDSBA 2018": "A novel parameterized activation function in visual geometry group",
    "Ying, Su, Shan, Miao, Wang et al. 2019, IEEE Access 7": "Rectified Exponential Units for Convolutional Neural "
    "Networks",
    "Zhao, Liu, Li, Luo 2018, Applied Intelligence 48(7)": "A novel softplus linear unit for deep convolutional "
    "neural networks",
    "Zhu, Min, Wang et al. 2021, Neurocomputing 429": "PFLU and FPFLU: Two novel non-monotonic activation functions "
    "in convolutional neural networks",
}
